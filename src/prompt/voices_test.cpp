#include "prompt/voices.h"

#include <map>
#include <set>
#include <sstream>

#include <gtest/gtest.h>

namespace orpheus::prompt {
namespace {

TEST(Voices, AFilesNameSaysItsLanguages) {
  const auto names = [](std::string_view checkpoint) {
    std::string all;
    for (const Voice& voice : voices_of_checkpoint(checkpoint))
      all += (all.empty() ? "" : " ") + voice.name;
    return all;
  };
  EXPECT_EQ(names("Orpheus-3b-French-FT-Q8_0"), "pierre amelie marie");
  EXPECT_EQ(names("Orpheus-3b-Italian_Spanish-FT"), "javi sergio maria pietro giulia carlo");
  EXPECT_EQ(names("orpheus-3b-0.1-ft-q4_k_m"), "tara leah jess leo dan mia zac zoe");
}

TEST(Voices, AreThePublishedOnesTaraFirst) {
  const auto voices = published_voices();
  EXPECT_EQ(voices.front().name, "tara");
  std::set<std::string> names;
  std::map<std::string, int> by_language;
  for (const Voice& voice : voices) {
    names.insert(voice.name);
    ++by_language[voice.language];
    EXPECT_TRUE(voice.gender == "female" || voice.gender == "male") << voice.name;
    EXPECT_EQ(voice.description.empty(), voice.language != "en") << voice.name;
  }
  EXPECT_EQ(names.size(), voices.size());
  EXPECT_EQ(
      by_language,
      (std::map<std::string, int>{
          {"en", 8}, {"fr", 3}, {"de", 3}, {"ko", 2}, {"hi", 1}, {"zh", 2}, {"es", 3}, {"it", 3}}));
}

TEST(Voices, NamedOnesKeepTheirOrderAndUnknownOnesGetNoDescription) {
  const std::vector<std::string> names = {"zoe", "eva", "tara"};
  const auto voices = voices_named(names);
  ASSERT_EQ(voices.size(), 3U);
  EXPECT_EQ(voices[0].description, "calm");
  EXPECT_EQ(voices[1].name, "eva");
  EXPECT_EQ(voices[1].language + voices[1].gender + voices[1].description, "");
  EXPECT_EQ(voices[2].name, "tara");
}

TEST(Voices, EveryOpenAiNameHasAnEnglishStandIn) {
  for (const char* name : {"alloy", "ash", "ballad", "coral", "echo", "fable", "onyx", "nova",
                           "sage", "shimmer", "verse", "marin", "cedar"}) {
    const auto voice = find_voice(published_voices(), name);
    ASSERT_TRUE(voice.has_value()) << name;
    EXPECT_EQ(voice->name, voice_for_openai_name(name)) << name;
    EXPECT_EQ(voice->language, "en") << name;
  }
  EXPECT_EQ(voice_for_openai_name("tara"), std::nullopt);
  EXPECT_EQ(voice_for_openai_name(""), std::nullopt);
}

TEST(Voices, AreFoundByNameOrByDefault) {
  const std::vector<std::string> names = {"pierre", "nova", "jess"};
  const auto voices = voices_named(names);
  EXPECT_EQ(find_voice(voices, "")->name, "pierre");
  EXPECT_EQ(find_voice(voices, "jess")->name, "jess");
  EXPECT_EQ(find_voice(voices, "nova")->name, "nova");  // its own voice before the stand-in
}

TEST(Voices, OpenAisNamesAreSpokenByAModelThatHasNoneOfTheirStandIns) {
  const std::vector<std::string> names = {"slt", "rms"};
  const auto voices = voices_named(names);
  EXPECT_EQ(find_voice(voices, "alloy")->name, "slt");
  EXPECT_EQ(find_voice(voices, "onyx")->name, "slt");
}

TEST(Voices, PublishedEnglishNamesAreSpokenByAModelThatHasNamesOfItsOwnAlone) {
  const std::vector<std::string> own = {"rms", "slt"};
  const auto voices = voices_named(own, "en");
  EXPECT_EQ(find_voice(voices, "tara")->name, "rms");
  EXPECT_EQ(find_voice(voices, "tara", UnknownVoice::kAccept)->name, "tara");
  EXPECT_FALSE(find_voice(voices, "pierre").has_value());
  EXPECT_FALSE(find_voice(voices, "nobody").has_value());
  const std::vector<std::string> mixed = {"rms", "leo"};
  EXPECT_FALSE(find_voice(voices_named(mixed), "tara").has_value());
}

TEST(Voices, UnknownOnesGiveAnErrorThatListsTheKnown) {
  const std::vector<std::string> names = {"pierre", "marie"};
  const auto voices = voices_named(names);
  for (const char* name : {"../tara", "Pierre", "tara"}) {
    const auto voice = find_voice(voices, name);
    ASSERT_FALSE(voice.has_value()) << name;
    EXPECT_EQ(voice.error().kind, ErrorKind::kNotFound);
    EXPECT_NE(voice.error().message().find("one of pierre (also "), std::string::npos);
    EXPECT_NE(voice.error().message().find("), marie)"), std::string::npos);
  }
  EXPECT_FALSE(find_voice({}, "").has_value());
}

TEST(FindVoice, TakesAnUnknownNameAsItIsToldTo) {
  const auto voices = published_voices();
  EXPECT_EQ(find_voice(voices, "mine", UnknownVoice::kFirst)->name, "tara");
  EXPECT_EQ(find_voice(voices, "mine", UnknownVoice::kAccept)->name, "mine");
  EXPECT_EQ(find_voice(voices, "nova", UnknownVoice::kAccept)->name, "jess");
  EXPECT_EQ(find_voice(voices, "leo", UnknownVoice::kFirst)->name, "leo");
  for (const char* name : {"a: b", "a\nb", "<custom_token_2>", "\xff"}) {
    const auto voice = find_voice(voices, name, UnknownVoice::kAccept);
    ASSERT_FALSE(voice.has_value()) << name;
    EXPECT_EQ(voice.error().kind, ErrorKind::kUsage);
  }
  EXPECT_FALSE(find_voice(voices, std::string(65, 'a'), UnknownVoice::kAccept).has_value());
}

// Guards against: the error for an unknown voice does not list all accepted names.
TEST(Voices, TheErrorTellsEveryNameThatIsTaken) {
  const auto told = [](const std::vector<Voice>& voices) {
    return find_voice(voices, "nobody").error().expected;
  };
  EXPECT_EQ(
      told(voices_of_checkpoint("english")),
      "one of tara (also alloy), leah (also coral, shimmer), jess (also nova), leo (also "
      "onyx), dan (also ash, cedar, echo), mia (also marin), zac (also ballad, fable, verse), "
      "zoe (also sage)");
  const std::string own = told({{"anna", "de", "", ""}, {"ben", "de", "", ""}});
  EXPECT_EQ(own.rfind("one of anna (also alloy, ash, ", 0), 0U) << own;
  EXPECT_TRUE(own.ends_with("mia, zac, zoe), ben")) << own;
  // And every one of them is taken.
  for (const std::string& model : {std::string("english"), std::string("german")}) {
    const auto voices = voices_of_checkpoint(model);
    std::string names = told(voices).substr(7);
    for (const char* word : {"(also ", ")", ","})
      for (size_t at = 0; (at = names.find(word)) != std::string::npos;)
        names.replace(at, std::string_view(word).size(), " ");
    std::istringstream each(names);
    for (std::string name; each >> name;) EXPECT_TRUE(find_voice(voices, name).has_value()) << name;
  }
}

}  // namespace
}  // namespace orpheus::prompt

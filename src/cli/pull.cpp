// orpheus pull: fetches a voice of the catalogue and the codec, and installs them.

#include <chrono>
#include <cstdio>
#include <memory>
#include <string>

#include <spdlog/fmt/fmt.h>

#include "base/log.h"
#include "cli/command.h"
#include "cli/installed_models.h"
#include "cli/interrupt.h"
#include "cli/progress.h"
#include "convert/codec.h"
#include "models/catalogue.h"
#include "models/download.h"
#include "models/file_lock.h"
#include "models/store.h"
#include "net/url.h"
#include "tensor/gguf_file.h"

namespace orpheus::cli {
namespace {

using models::DownloadProgress;
using models::Entry;
using models::Store;

constexpr const char* kExamples = R"(Examples:
  orpheus pull english                 the usual one, 2.4 GB, and the codec
  orpheus pull french-q8_0             one that 'orpheus models' lists
  orpheus pull OWNER/REPOSITORY/FILE.gguf)";

void warn_of_damage(const std::string& name) {
  log::warn("{}: the file is damaged; it is removed and downloaded again", name);
}

// "312 of 2400 MB, 13 %, 24.1 MB/s, 1:27 left".
class FetchLine {
 public:
  explicit FetchLine(std::string name) : name_(std::move(name)) {}

  void show(const DownloadProgress& progress) {
    switch (progress.step) {
      case models::Step::kWaitingForOther:
        return line_.show(name_ + ": waiting; another orpheus process is downloading it");
      case models::Step::kChecking: return line_.show(name_ + ": checking" + share(progress));
      case models::Step::kWaitingToRetry:
        log::warn("{}: {}; trying again", name_, progress.problem);
        return;
      case models::Step::kDamaged: return warn_of_damage(name_);
      case models::Step::kFetching: break;
    }
    measure(progress.bytes_done);
    const uint64_t left =
        progress.bytes_total - std::min(progress.bytes_total, progress.bytes_done);
    std::string text = fmt::format("{}: {} of {} MB{}", name_, progress.bytes_done / 1'000'000,
                                   progress.bytes_total / 1'000'000, share(progress));
    if (bytes_per_second_ > 0) {
      const auto seconds = static_cast<int64_t>(static_cast<double>(left) / bytes_per_second_);
      text += fmt::format(", {:.1f} MB/s, {}:{:02} left", bytes_per_second_ / 1e6, seconds / 60,
                          seconds % 60);
    }
    line_.show(text);
  }

 private:
  using Clock = std::chrono::steady_clock;

  static std::string share(const DownloadProgress& progress) {
    if (progress.bytes_total == 0) return "";
    return fmt::format(", {} %", progress.bytes_done * 100 / progress.bytes_total);
  }

  // A moving average over half seconds.
  void measure(uint64_t bytes_done) {
    constexpr double kWeight = 0.2;
    const auto now = Clock::now();
    const double seconds = std::chrono::duration<double>(now - last_).count();
    if (last_bytes_ != 0 && seconds < 0.5) return;
    if (last_bytes_ != 0 && bytes_done >= last_bytes_) {
      const double rate = static_cast<double>(bytes_done - last_bytes_) / seconds;
      bytes_per_second_ =
          bytes_per_second_ == 0 ? rate : kWeight * rate + (1 - kWeight) * bytes_per_second_;
    }
    last_ = now;
    last_bytes_ = bytes_done;
  }

  std::string name_;
  Progress line_;
  Clock::time_point last_{};
  uint64_t last_bytes_ = 0;
  double bytes_per_second_ = 0;
};

// Explains how to fetch the file by hand.
Error with_way_by_hand(Error error, const std::string& url, const std::filesystem::path& file) {
  const auto parsed = net::Url::parse(url);
  const std::string shown = parsed ? parsed->shown() : url;  // without a mirror's password
  if (error.kind == ErrorKind::kUnavailable || error.kind == ErrorKind::kTimedOut ||
      error.kind == ErrorKind::kBadReply) {
    error.remedy += (error.remedy.empty() ? "" : " ") +
                    fmt::format("To do it by hand, download {} to {} and run this command again.",
                                shown, file.string());
  }
  return error;
}

// A sign-in page, an error text or a part of the file may arrive as a success, so the file is
// opened. A GGUF with types that this build does not know is accepted.
Result<void> check_voice(const std::filesystem::path& file) {
  const auto refuse = [](Error error) {
    error.what = "the downloaded file is not a voice: " + error.what;
    error.remedy =
        "The file was removed. If this network needs a sign-in, sign in and run this command "
        "again.";
    return fail(std::move(error));
  };
  const auto gguf = tensor::GgufFile::open(file);
  if (!gguf && gguf.error().kind == ErrorKind::kUnsupported) return {};
  if (!gguf) return refuse(gguf.error());
  const auto architecture = gguf->string("general.architecture");
  if (!architecture) return refuse(architecture.error());
  if (*architecture == "llama") return {};
  return refuse({.kind = ErrorKind::kBadFile,
                 .what = gguf->name() + ": a model of another architecture",
                 .expected = "the architecture 'llama'",
                 .found = "'" + std::string(*architecture) + "'"});
}

// A folder that is gone afterwards, however this ends: an error, or no memory. None: an empty path.
class RemovedAtEnd {
 public:
  explicit RemovedAtEnd(std::filesystem::path folder) : folder_(std::move(folder)) {}
  ~RemovedAtEnd() {
    // Where it fails because too many files are open, it may work a moment later.
    constexpr int kMaxTries = 3;
    std::error_code failed;
    for (int tries = 0; tries < kMaxTries && !folder_.empty(); ++tries) {
      std::filesystem::remove_all(folder_, failed);
      if (!failed) return;
    }
  }
  RemovedAtEnd(const RemovedAtEnd&) = delete;
  RemovedAtEnd& operator=(const RemovedAtEnd&) = delete;

 private:
  const std::filesystem::path folder_;
};

class Puller {
 public:
  explicit Puller(const config::Settings& settings)
      : options_(settings.models),
        store_(store_of(settings)),
        client_({settings.voice.remote.ca_certificates,
                 settings.voice.remote.ca_certificates_given_by}) {}

  Result<void> pull(const Entry& entry) {
    if (entry.kind == models::Kind::kCodec) return pull_codec(entry);
    ORPHEUS_CHECK(fetch(entry, entry.files.front(), store_.path_of(entry)));
    ORPHEUS_TRY(const Entry codec, models::find_entry(models::kCodecName));
    ORPHEUS_CHECK(pull_codec(codec));
    return choose(entry);
  }

 private:
  Result<void> fetch(const Entry& entry, const std::string& name,
                     const std::filesystem::path& file) {
    const std::string url = models::address_of(options_.hub_url, entry, name);
    FetchLine line(name);
    models::DownloadOptions options{.about_bytes = entry.about_bytes};
    if (entry.kind == models::Kind::kVoice) options.check = check_voice;
    say_if_interrupted("the downloaded part of " + name +
                       " is kept; the same command resumes the download");
    const auto done =
        models::download(client_, {.url = url, .token = options_.token}, file, options,
                         [&](const DownloadProgress& each) { line.show(each); });
    say_if_interrupted("");
    if (!done) return fail(with_way_by_hand(done.error(), url, file));
    if (!done->was_there && !done->announced)
      log::info("{}: the server sent no hash to compare; recorded the file's own: {}", name,
                done->sha256);
    return {};
  }

  // Fetches, converts and removes the checkpoint. Parts that the user put there stay.
  Result<void> pull_codec(const Entry& entry) {
    const auto file = store_.path_of(entry);
    const auto parts = store_.parts_folder(entry);
    std::error_code failed;
    std::filesystem::create_directories(parts, failed);
    if (failed) {
      return fail({.kind = ErrorKind::kIo,
                   .what = parts.string() + ": cannot be created: " + failed.message(),
                   .remedy = "Set XDG_DATA_HOME to a writable folder."});
    }
    Progress waiting;
    ORPHEUS_TRY(const auto turn,
                models::FileLock::take(std::filesystem::path(file) += ".lock", [&] {
                  waiting.show("the codec: waiting; another orpheus process is downloading it");
                  return true;
                }));
    ORPHEUS_TRY(const models::State state, store_.check(file, [&](uint64_t done) {
      waiting.show(fmt::format("{}: {} MB checked", entry.name, done / 1'000'000));
    }));
    if (state == models::State::kDamaged) {
      warn_of_damage(file.filename().string());
      ORPHEUS_CHECK(models::remove_with_hash(file));
    }
    if (!store_.has(entry)) {
      bool all_by_hand = true;
      for (const std::string& name : entry.files) {
        all_by_hand = all_by_hand && std::filesystem::exists(parts / name, failed);
        ORPHEUS_CHECK(fetch(entry, name, parts / name));
      }
      // Removes the downloaded parts: the next run would take them for files put there by hand.
      const RemovedAtEnd what_came(all_by_hand ? std::filesystem::path() : parts);
      if (auto converted = convert::convert_codec(parts, file); !converted) {
        if (!all_by_hand)
          converted.error().remedy = "The downloaded files were removed. Run this command again.";
        return converted;
      }
    }
    // Also of a codec whose pull ended before its hash was recorded.
    if (state != models::State::kIntact) {
      ORPHEUS_TRY(const std::string hash, models::hash_file(file));
      ORPHEUS_CHECK(models::record_hash(file, hash));
    }
    std::filesystem::remove(parts, failed);  // if it is empty
    std::fputs(fmt::format("{}: {}\n", entry.name, file.string()).c_str(), stdout);
    return {};
  }

  // The first pulled voice becomes the default.
  Result<void> choose(const Entry& entry) const {
    const auto before = store_.chosen();
    const bool first = !before || !store_.find(*before);
    if (first) ORPHEUS_CHECK(store_.choose(entry.name));
    const bool chosen = first || *before == entry.name;
    std::fputs(fmt::format("{}: {}{}\n", entry.name, store_.path_of(entry).string(),
                           chosen ? ""
                                  : fmt::format(" ('orpheus models use {}' makes it the default)",
                                                entry.name))
                   .c_str(),
               stdout);
    return {};
  }

  const models::Options options_;
  const Store store_;
  net::Client client_;
};

}  // namespace

void add_pull(CLI::App& program, config::Settings& settings, Chosen& chosen) {
  auto names = std::make_shared<std::vector<std::string>>();
  CLI::App* command = program.add_subcommand("pull", "Download a voice and the codec");
  command->footer(kExamples);
  command
      ->add_option("name", *names,
                   "A voice that 'orpheus models' lists, or a language: english, fr, …")
      ->type_name("NAME")
      ->required();
  add_group_flags(*command, settings, config::Group::kModels);
  add_setting_flag(*command, settings, "ca_certificates");
  command->callback([&chosen, &settings, names] {
    chosen.finds_models = false;
    chosen.action = [&settings, names]() -> Result<void> {
      std::vector<Entry> entries;
      for (const std::string& name : *names) {
        ORPHEUS_TRY(Entry entry, models::find_entry(name));
        entries.push_back(std::move(entry));
      }
      Puller puller(settings);
      for (const Entry& entry : entries) ORPHEUS_CHECK(puller.pull(entry));
      return {};
    };
  });
}

}  // namespace orpheus::cli

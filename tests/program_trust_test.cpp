// What the program trusts: files and variables that other users may have set, folders that they may
// have created, and empty lists of keys.

#include <csignal>

#include <unistd.h>

#include "program_fixture.h"

namespace orpheus::program {
namespace {

constexpr int kUsage = 2;
constexpr int kIo = 6;

class Trust : public ProgramTest {
 protected:
  Call with(const std::map<std::string, std::string>& variables,
            std::vector<std::string> arguments) const {
    Call made = call(std::move(arguments));
    for (const auto& [name, value] : variables) made.variables[name] = value;
    return made;
  }
  // The same in the test's folder.
  Call in_folder(const std::string& command) const {
    Call made = call({"-c", "cd '" + path("") + "' && exec '" + ORPHEUS_PROGRAM + "' " + command});
    made.program = "/bin/sh";
    return made;
  }
  // The messages of a server until it listens; then it is stopped.
  static std::string said_by_server(const Call& serve) {
    Process server(serve);
    EXPECT_TRUE(server.wait_for_message(" at http://")) << server.messages();
    server.send_signal(SIGTERM);
    return server.wait().messages;
  }
};

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST_F(Trust, SeparatorsAloneAreNoKeysAndNoOpenDoor) {
  for (const char* variable : {"ORPHEUS_SERVER_KEYS", "ORPHEUS_ADMIN_KEYS", "ORPHEUS_CORS_ORIGINS"})
    expect_refused(with({{variable, ",,,"}}, {"serve", "--port", "0"}), kUsage,
                   {variable, "a list separated by commas"});
  expect_refused(call({"serve", "--port", "0", "--cors-origins", ","}), kUsage,
                 {"--cors-origins", "a list separated by commas"});
  write("keys", "# none\n");
  expect_refused(with({{"ORPHEUS_SERVER_KEYS_FILE", path("keys")}}, {"serve", "--port", "0"}),
                 kUsage, {"contains no keys"});
  const Finished empty = run(with({{"ORPHEUS_SERVER_KEYS", ""}}, {"voices"}));
  EXPECT_EQ(empty.exit_code, 0);
  EXPECT_TRUE(has(empty.messages, "ORPHEUS_SERVER_KEYS is empty and treated as not set"))
      << empty.messages;
}

TEST_F(Trust, AServerThatIsOpenToANetworkSaysSo) {
  make_voice();
  const auto said = [this](const char* host, const char* keys) {
    return said_by_server(with({{"ORPHEUS_SERVER_KEYS", keys}},
                               with_voice({"serve", "--port", "0", "--host", host})));
  };
  EXPECT_TRUE(has(said("0.0.0.0", ""), "ANYONE WHO CAN REACH 0.0.0.0"));
  EXPECT_FALSE(has(said("0.0.0.0", "k"), "ANYBODY"));
  EXPECT_FALSE(has(said("127.0.0.1", ""), "ANYBODY"));
}

TEST_F(Trust, AStrangersFileOfSettingsDoesNotCount) {
  make_voice();
  const std::string serve =
      "serve --port 0 --threads 1 --model voice/lm.gguf --codec voice/codec.gguf";
  const std::string say = "say Hi --threads 1 -o hi.wav";
  // If it were used, the text would be sent to another server.
  write(".env", "ORPHEUS_API_URL=http://127.0.0.1:1\nORPHEUS_CODEC=voice/codec.gguf\n");
  std::filesystem::permissions(path(".env"), std::filesystem::perms::all);
  const Finished refused = run(in_folder(say));
  EXPECT_EQ(refused.exit_code, 0) << refused.messages;
  EXPECT_TRUE(has(refused.messages, ".env is ignored: other users may write to it"))
      << refused.messages;
  // The file may contain keys; without them the server would be open.
  const Finished no_server = run(in_folder(serve));
  EXPECT_EQ(no_server.exit_code, kUsage);
  EXPECT_TRUE(has(no_server.messages, "other users may write to it")) << no_server.messages;
  Call named = in_folder(say);
  named.variables["ORPHEUS_ENV_FILE"] = ".env";
  EXPECT_EQ(run(named).exit_code, 8);  // no server listens there
  std::filesystem::permissions(path(".env"), std::filesystem::perms::owner_all);
  EXPECT_EQ(run(in_folder(say)).exit_code, 8);
  // A server logs which files it uses.
  write(".env", "ORPHEUS_TEMPERATURE=0.5\n");
  const std::string said = said_by_server(in_folder(serve));
  EXPECT_TRUE(has(said, "reading settings from " + path(".env"))) << said;
}

// A user that the system does not know has no home. Guards against: the data folder of the first
// such user blocks all others, and a folder that another user made is trusted.
TEST_F(Trust, WithoutAHomeEachUserHasADataFolder) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can run the program as another user";
  namespace fs = std::filesystem;
  fs::create_directory(path("tmp"));
  fs::permissions(path("tmp"), fs::perms::all | fs::perms::sticky_bit);
  fs::permissions(path(""), fs::perms::others_exec, fs::perm_options::add);
  const auto as_user = [this](const std::string& user, const std::string& command) {
    const std::string set = "setpriv --reuid " + user + " --regid " + user + " --clear-groups '";
    Call made = with({{"HOME", ""}, {"XDG_DATA_HOME", ""}, {"TMPDIR", path("tmp")}},
                     {"-c", "cd / && exec " + set + ORPHEUS_PROGRAM + "' " + command});
    made.program = "/bin/sh";
    return made;
  };
  const Finished version = run(as_user("54321", "--version"));
  if (version.exit_code != 0) GTEST_SKIP() << "no other user can run it: " << version.messages;
  // What does not need the folder does not make it.
  EXPECT_EQ(run(as_user("54321", "devices")).exit_code, 0);
  EXPECT_EQ(run(as_user("54321", "normalize '3 cats'")).exit_code, 0);
  EXPECT_TRUE(fs::is_empty(path("tmp")));
  for (const char* user : {"54321", "54322", "54321"}) {
    const Finished models = run(as_user(user, "models"));
    EXPECT_EQ(models.exit_code, 0) << user << ": " << models.messages;
    EXPECT_EQ(fs::status(path("tmp/orpheus-") + user).permissions(), fs::perms::owner_all);
  }
  fs::create_directory(path("tmp/orpheus-54323"));
  expect_refused(as_user("54323", "models"), kIo, {"not a private folder", "XDG_DATA_HOME"});
}

}  // namespace
}  // namespace orpheus::program

#include "models/download.h"

#include <algorithm>
#include <optional>
#include <thread>
#include <utility>

#include "base/utf8.h"
#include "models/answer.h"
#include "models/file_lock.h"
#include "models/part_file.h"
#include "models/store.h"

namespace orpheus::models {
namespace {

namespace fs = std::filesystem;

// Kept free on the disk, because other programs write to it too.
constexpr uint64_t kSpareBytes = uint64_t{16} << 20;
// Bytes written between two checks of the free space.
constexpr uint64_t kBytesPerLook = kSpareBytes / 2;
constexpr int kMaxRedirects = 8;

struct Failure {
  Error error;
  bool worth_a_retry = false;
  std::optional<std::chrono::seconds> pause;
};

std::optional<uint64_t> free_bytes(const fs::path& folder) {
  std::error_code unknown;
  const auto space = fs::space(folder, unknown);
  if (unknown) return std::nullopt;
  return space.available;
}

class Fetch {
 public:
  Fetch(net::Client& client, const Source& source, const net::Url& url, const fs::path& folder,
        const DownloadOptions& options,
        const std::function<void(const DownloadProgress&)>& progress, PartFile& part)
      : client_(client),
        source_(source),
        first_url_(url),
        folder_(folder),
        options_(options),
        progress_(progress),
        part_(part) {}

  // Until the part is whole.
  Result<void> run() {
    int tries = 0;
    while (true) {
      const uint64_t before = part_.size();
      auto failure = attempt();
      if (!failure) return {};
      tries = part_.size() > before ? 1 : tries + 1;
      if (!failure->worth_a_retry || !answered_ || tries >= options_.most_tries)
        return fail(with_what_is_kept(std::move(failure->error)));
      ORPHEUS_CHECK(pause(*failure, tries));
    }
  }

 private:
  using Outcome = std::optional<Failure>;  // nothing: done

  // Facts about the file from the hub's redirects.
  struct Linked {
    std::string tag;
    std::optional<uint64_t> size;
  };

  static Failure lasting(Error error) { return {.error = std::move(error)}; }
  static Failure passing(Error error) { return {.error = std::move(error), .worth_a_retry = true}; }

  // Follows redirects here, not in the client: only the hub's first response has the file's hash,
  // and the token must not be sent to the redirect's target.
  Outcome attempt() {
    net::Url url = first_url_;
    Linked linked;
    for (int hop = 0; hop <= kMaxRedirects; ++hop) {
      std::optional<std::string> location;
      if (auto failure = request(url, linked, location)) return failure;
      if (!location) return std::nullopt;
      auto next = url.resolve(*location);
      if (!next) return lasting(bad_reply(url, "redirected to an invalid address", *location));
      if (url.is_encrypted() && !next->is_encrypted())
        return lasting(bad_reply(url, "redirected to an unencrypted address", next->shown()));
      url = std::move(*next);
    }
    return lasting(
        bad_reply(url, "redirected too often", std::to_string(kMaxRedirects) + " times"));
  }

  Outcome request(const net::Url& url, Linked& linked, std::optional<std::string>& location) {
    net::Request request{.url = url, .timeouts = options_.timeouts, .cancel = options_.cancel};
    const bool has_token = !source_.token.empty() && is_first_server(url);
    if (has_token) request.headers.push_back({"Authorization", "Bearer " + source_.token});
    // Asks for uncompressed bytes, because ranges count these.
    request.headers.push_back({"Accept-Encoding", "identity"});
    const std::string condition = if_range(part_.tag());
    if (part_.size() > 0 &&
        (!condition.empty() || (!linked.tag.empty() && linked.tag == part_.tag()))) {
      request.resume_from_bytes = part_.size();
      if (!condition.empty()) request.headers.push_back({"If-Range", condition});
    }
    Outcome failure;
    const auto on_head = [&](const net::ResponseHead& head) {
      answered_ = true;
      if (is_redirect(head.status)) {
        location = std::string(head.header("Location"));
        if (const auto tag = linked_tag(head); !tag.empty()) linked.tag = tag;
        if (const auto size = linked_size(head)) linked.size = size;
        return false;
      }
      if (is_whole(head)) {
        total_ = part_.size();
        return false;
      }
      failure = begin(head, url, linked, has_token);
      return !failure;
    };
    const auto on_bytes = [&](std::string_view bytes) {
      failure = take(bytes, url);
      return !failure;
    };
    const auto delivery = client_.send(request, {.on_head = on_head, .on_bytes = on_bytes});
    if (location || failure) return failure;
    if (!delivery) {
      const ErrorKind kind = delivery.error().kind;
      const bool passes = kind == ErrorKind::kUnavailable || kind == ErrorKind::kTimedOut ||
                          kind == ErrorKind::kBadReply;
      return passes ? passing(delivery.error()) : lasting(delivery.error());
    }
    if (total_ == 0 || part_.size() == total_) return std::nullopt;
    return passing({.kind = ErrorKind::kUnavailable,
                    .what = url.shown() + ": the response ended too early",
                    .expected = std::to_string(total_) + " bytes",
                    .found = std::to_string(part_.size())});
  }

  // The program may have ended while it checked the file. Then there is nothing left to fetch.
  bool is_whole(const net::ResponseHead& head) const {
    return head.status == 416 && part_.size() > 0 &&
           head.header("Content-Range") == "bytes */" + std::to_string(part_.size());
  }

  // Decides whether the following bytes continue the part or start the file again.
  Outcome begin(const net::ResponseHead& head, const net::Url& url, const Linked& linked,
                bool has_token) {
    if (head.status == 206) {
      const auto rest = parse_rest(head.header("Content-Range"));
      if (!rest || rest->begin != part_.size()) {
        const std::string found(head.header("Content-Range"));
        return begin_anew(bad_reply(url, "sent another part of the file than requested",
                                    "'" + printable_excerpt(found, 80) + "'"));
      }
      if (is_of_another_version(head, *rest))
        return begin_anew(
            bad_reply(url, "sent the remaining part of another version of the file", ""));
      total_ = rest->total;
      return check_size(url, linked);
    }
    if (head.status == 200) {
      total_ = head.body_bytes.value_or(linked.size.value_or(0));
      if (auto emptied = part_.restart(linked.tag.empty() ? own_tag(head) : linked.tag); !emptied)
        return lasting(emptied.error());
      return check_size(url, linked);
    }
    Error error = refusal(head, url.shown(), has_token);
    if (head.status == 416) return begin_anew(std::move(error));
    return Failure{.error = std::move(error),
                   .worth_a_retry = may_recover(head.status),
                   .pause = retry_after(head)};
  }

  // If-Range should prevent this, but not every server and cache supports it.
  bool is_of_another_version(const net::ResponseHead& head, const Rest& rest) const {
    const std::string tag = own_tag(head);
    const bool other_tag = !if_range(part_.tag()).empty() && !tag.empty() && tag != part_.tag();
    return other_tag || (total_ != 0 && rest.total != total_);
  }

  Outcome begin_anew(Error error) {
    total_ = 0;
    if (auto emptied = part_.restart(""); !emptied) return lasting(emptied.error());
    return passing(std::move(error));
  }

  Outcome check_size(const net::Url& url, const Linked& linked) {
    if (!linked.size || *linked.size == total_) return check_space();
    return begin_anew(
        bad_reply(url, "has a file whose size differs from the hub's",
                  std::to_string(total_) + " bytes, not " + std::to_string(*linked.size)));
  }

  Outcome check_space() const {
    const auto available = options_.free_bytes ? options_.free_bytes(folder_) : free_bytes(folder_);
    const uint64_t total = total_ != 0 ? total_ : options_.about_bytes;
    const uint64_t needed = total - std::min(total, part_.size());
    if (!available || *available >= needed + kSpareBytes) return std::nullopt;
    return lasting({.kind = ErrorKind::kLimit,
                    .what = folder_.string() + ": not enough free disk space for this file",
                    .expected = std::to_string((needed + kSpareBytes) / 1'000'000) + " MB",
                    .found = std::to_string(*available / 1'000'000) + " MB",
                    .remedy = "Free some disk space, or set XDG_DATA_HOME to another folder."});
  }

  Outcome take(std::string_view bytes, const net::Url& url) {
    if (total_ != 0 && bytes.size() > total_ - part_.size())
      return begin_anew(bad_reply(url, "sent more bytes than it announced", ""));
    if (auto written = part_.append(bytes); !written) return lasting(written.error());
    // Other programs write to the disk too, and a server that tells no length may never end.
    if (part_.size() >= next_look_at_ || part_.size() + kBytesPerLook < next_look_at_) {
      next_look_at_ = part_.size() + kBytesPerLook;
      if (auto full = check_space()) return full;
    }
    progress_({.step = Step::kFetching, .bytes_done = part_.size(), .bytes_total = total_});
    return std::nullopt;
  }

  Result<void> pause(const Failure& failure, int tries) const {
    constexpr auto kLongest = std::chrono::milliseconds(60'000);
    auto wait = std::min(options_.first_pause * (1 << std::min(tries - 1, 10)), kLongest);
    if (failure.pause) wait = std::max<std::chrono::milliseconds>(wait, *failure.pause);
    if (options_.first_pause.count() == 0) wait = {};
    progress_({.step = Step::kWaitingToRetry,
               .bytes_done = part_.size(),
               .bytes_total = total_,
               .problem = failure.error.message()});
    const auto end = std::chrono::steady_clock::now() + wait;
    while (!options_.cancel.cancelled() && std::chrono::steady_clock::now() < end)
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    if (options_.cancel.cancelled())
      return fail({.kind = ErrorKind::kCancelled, .what = "cancelled"});
    return {};
  }

  bool is_first_server(const net::Url& url) const {
    return url.host() == first_url_.host() && url.port() == first_url_.port() &&
           url.is_encrypted() == first_url_.is_encrypted();
  }

  static Error bad_reply(const net::Url& url, const std::string& what, const std::string& found) {
    return {
        .kind = ErrorKind::kBadReply, .what = url.shown() + ": the server " + what, .found = found};
  }

  Error with_what_is_kept(Error error) const {
    if (part_.size() > 0 && !part_.tag().empty() && error.kind != ErrorKind::kLimit) {
      error.remedy += (error.remedy.empty() ? "" : " ") +
                      std::string("The downloaded part is kept: run the command again to resume.");
    }
    return error;
  }

  net::Client& client_;
  const Source& source_;
  const net::Url& first_url_;
  const fs::path& folder_;
  const DownloadOptions& options_;
  const std::function<void(const DownloadProgress&)>& progress_;
  PartFile& part_;
  uint64_t total_ = 0;         // of the file; 0: not known
  uint64_t next_look_at_ = 0;  // the byte count of the next check of free space
  bool answered_ = false;      // the server has answered once; until then nothing is retried
};

Result<FileLock> take_turn(const fs::path& file, const DownloadOptions& options,
                           const std::function<void(const DownloadProgress&)>& progress) {
  return FileLock::take(fs::path(file) += ".lock", [&] {
    progress({.step = Step::kWaitingForOther});
    return !options.cancel.cancelled();
  });
}

Result<std::string> hash_with_progress(
    const fs::path& file, const std::function<void(const DownloadProgress&)>& progress) {
  std::error_code unknown;
  const uint64_t size = fs::file_size(file, unknown);
  return hash_file(file, [&](uint64_t done) {
    progress({.step = Step::kChecking, .bytes_done = done, .bytes_total = unknown ? 0 : size});
  });
}

// Nothing if the file was damaged; then it was removed.
Result<std::optional<Downloaded>> already_there(
    const fs::path& file, const std::function<void(const DownloadProgress&)>& progress) {
  ORPHEUS_TRY(std::string found, hash_with_progress(file, progress));
  const auto recorded = recorded_hash(file);
  if (recorded && *recorded != found) {
    progress({.step = Step::kDamaged});
    ORPHEUS_CHECK(remove_with_hash(file));
    return std::nullopt;
  }
  if (!recorded) ORPHEUS_CHECK(record_hash(file, found));
  return Downloaded{.sha256 = std::move(found), .was_there = true};
}

Result<Downloaded> check_and_install(PartFile& part, const fs::path& file,
                                     const DownloadOptions& options,
                                     const std::function<void(const DownloadProgress&)>& progress) {
  ORPHEUS_CHECK(part.finish());
  Downloaded downloaded;
  ORPHEUS_TRY(downloaded.sha256, hash_with_progress(part.path(), progress));
  if (const auto announced = announced_hash(part.tag())) {
    if (*announced != downloaded.sha256) {
      part.discard();
      return fail(
          {.kind = ErrorKind::kBadFile,
           .what =
               file.filename().string() + ": the downloaded file does not match its announced hash",
           .expected = "SHA-256 " + *announced,
           .found = downloaded.sha256,
           .remedy =
               "It was removed. Run the command again; if it fails again, try another network."});
    }
    downloaded.announced = true;
  }
  if (auto sound = options.check ? options.check(part.path()) : Result<void>(); !sound) {
    part.discard();
    sound.error().kind = ErrorKind::kBadReply;
    return fail(std::move(sound).error());
  }
  ORPHEUS_CHECK(record_hash(file, downloaded.sha256));
  ORPHEUS_CHECK(part.install());
  return downloaded;
}

}  // namespace

Result<Downloaded> download(net::Client& client, const Source& source, const fs::path& file,
                            const DownloadOptions& options,
                            const std::function<void(const DownloadProgress&)>& progress) {
  ORPHEUS_TRY(const net::Url url, net::Url::parse(source.url));
  const fs::path folder = file.parent_path();
  std::error_code failed;
  fs::create_directories(folder, failed);
  if (failed) {
    return fail({.kind = ErrorKind::kIo,
                 .what = folder.string() + ": cannot be created: " + failed.message(),
                 .remedy = "Set XDG_DATA_HOME to a writable folder."});
  }
  const std::function<void(const DownloadProgress&)> quiet = [](const DownloadProgress&) {};
  const auto& report = progress ? progress : quiet;
  ORPHEUS_TRY(const FileLock turn, take_turn(file, options, report));
  if (fs::exists(file, failed)) {
    ORPHEUS_TRY(auto there, already_there(file, report));
    if (there) return std::move(*there);
  }
  ORPHEUS_TRY(PartFile part, PartFile::open(file));
  ORPHEUS_CHECK(Fetch(client, source, url, folder, options, report, part).run());
  return check_and_install(part, file, options, report);
}

}  // namespace orpheus::models

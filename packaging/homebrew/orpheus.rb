# The form of the Homebrew formula; tools/release-recipes.sh fills in the release. Not tested: no Mac was available.
class Orpheus < Formula
  desc "Text to speech with the Orpheus voices"
  homepage "@HOMEPAGE@"
  url "@SOURCE_URL@"
  sha256 "@SOURCE_SHA256@"
  license "MIT"

  depends_on "cli11" => :build
  depends_on "cmake" => :build
  depends_on "ninja" => :build
  depends_on "nlohmann-json" => :build
  depends_on "pkgconf" => :build
  depends_on "tl-expected" => :build
  depends_on "tomlplusplus" => :build
  depends_on "boost"
  depends_on "cmark-gfm"
  depends_on "ffmpeg"
  depends_on "ggml"
  depends_on "icu4c"
  depends_on "openssl@3"
  depends_on "spdlog"

  uses_from_macos "curl"
  uses_from_macos "libxml2"

  def install
    system "cmake", "-S", ".", "-B", "build", "-G", "Ninja", "-DORPHEUS_NATIVE=OFF", "-DORPHEUS_TESTS=OFF", *std_cmake_args
    system "cmake", "--build", "build"
    system "cmake", "--install", "build"
  end

  service do
    run [opt_bin/"orpheus", "serve"]
    keep_alive true
  end

  test do
    system bin/"orpheus", "say", "Hello there.", "--seed", "7", "-o", testpath/"hello.wav"
    assert_path_exists testpath/"hello.wav"
  end
end

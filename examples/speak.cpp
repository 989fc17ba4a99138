// Prints how long the first voice takes to speak a text:
//
//   cmake -S examples -B build && cmake --build build && build/speak_cpp "Hello from C++."
#include <cstdio>
#include <string>

#include <orpheus/orpheus.hpp>

int main(int argc, char** argv) {
  const auto opened = orpheus::Speaker::open();
  if (!opened) {
    std::fprintf(stderr, "speak_cpp: %s\n", opened.outcome.error.c_str());
    return opened.outcome.status;
  }
  const std::string text = argc > 1 ? argv[1] : "Hello.";
  const std::string voice = opened.value->voices().front();
  size_t num_samples = 0;
  const orpheus::Outcome spoken = opened.value->speak({.text = text, .voice = voice, .seed = 1},
                                                      [&](std::span<const float> samples) {
                                                        num_samples += samples.size();
                                                        return true;
                                                      });
  if (!spoken) {
    std::fprintf(stderr, "speak_cpp: %s\n", spoken.error.c_str());
    return spoken.status;
  }
  std::printf("%s speaks for %.2f s\n", voice.c_str(),
              static_cast<double>(num_samples) / orpheus::kSampleRate);
  return 0;
}

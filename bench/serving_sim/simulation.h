#pragma once
// A server in virtual time: the program's own admission policy, scheduler, step costs and playback,
// over a stand-in for the device. Speeches arrive at random (Poisson) and do not wait for each
// other; their clients play without pause. Deterministic: the same inputs give the same outcome.
//
// Left out: the network, encoders, the worker pool's threads, silence within speeches, clients that
// read slower than they play.

#include <array>
#include <cstdint>
#include <string>

#include "device.h"

namespace orpheus::serving_sim {

// How windows of the codec grow.
enum class Windows {
  kDoubling,  // the first has four frames after 49 tokens, each next one is twice as long
  kHalf,      // the first sound after 21 tokens, then half of what was given: what
              // snac::WindowStream does without a listener
  kBuffer,    // the first sound after 21 tokens, then as much as the client still has to hear: what
              // it does with a listener
};

struct Server {
  int num_sequences = 32;
  // The cache: num_units of unit_tokens, of which a sequence has one or two (lane_map.h). Or, with
  // 0 units, a lane for each sequence.
  int num_units = 0;
  int unit_tokens = 5120;
  int units_of_longest = 2;
  int max_open = 132;  // speeches in progress or waiting; the next one is refused
  int prompt_chunk = 256;
  int max_parallel_pieces = 4;
  Windows windows = Windows::kBuffer;
  bool guarantees_realtime = false;  // refuses listeners (lm/engine/guarantee.h)
  bool codec_shares_calls = true;    // windows of equal length of several streams are one call
};

struct Load {
  double listeners = 1;  // the mean number that play at a time, if all are served
  double seconds = 300;  // that are measured, after warm_up
  double warm_up = 60;
  int least_characters = 40;  // of a speech: evenly distributed
  int most_characters = 400;
  double chapters = 0;         // share of the texts that are chapters: long texts of several pieces
  int least_pieces = 5;        // of a chapter: evenly distributed
  int most_pieces = 12;        //
  double player_buffer = 0.1;  // seconds of sound before a client begins to play
  uint64_t seed = 1;
};

struct Outcome {
  int num_speeches = 0;  // that arrived in the measured time and were not refused
  int num_refused = 0;
  int num_underruns = 0;        // speeches that paused at least once
  int num_pauses = 0;           // of all speeches together
  double longest_underrun = 0;  // seconds
  double first_sample_p50 = 0;  // seconds from the request to the first sample
  double first_sample_p95 = 0;  //
  double playing = 0;           // mean number of listeners that play
  int most_sequences = 0;       // that held a lane at the same time
  double lanes_full = 0;        // share of the time with a sequence that waits for a lane
  double seconds_of_sound = 0;  // made in each second
  double mean_sequences = 0;    // that hold a lane
  std::array<double, kNumParts> shares{};  // of the time, by part

  // How fast a sequence is made: times real time.
  double speed() const { return mean_sequences > 0 ? seconds_of_sound / mean_sequences : 0; }
  // Whether every client heard its speech without a pause and soon, and few were refused.
  bool holds(double most_first_sample) const {
    constexpr double kFew = 0.01;
    return num_underruns == 0 && num_refused <= kFew * num_speeches &&
           first_sample_p95 <= most_first_sample;
  }
};

Outcome simulate(const Device& device, const Server& server, const Load& load);

// Seconds of sound of a mean speech of this load.
double mean_seconds(const Load& load);

// As the memory plan of this program divides the device's memory (plan/memory_plan.h).
// num_sequences: that the user asked for; 0: the plan's own number. Errors: those of plan_memory.
Result<Server> planned_server(const Device& device, Weights weights, Keys keys, int num_sequences);

// The most listeners that are held: no underrun, 1 % refused at most, 95 % of the first samples
// within most_first_sample seconds.
struct Held {
  int listeners = 0;
  Outcome outcome;    // with these
  Outcome beyond;     // with the least number that was not held
  std::string limit;  // too few sequences, or what takes the most time beyond
};
Held most_held(const Device& device, const Server& server, Load load, double most_first_sample);

}  // namespace orpheus::serving_sim

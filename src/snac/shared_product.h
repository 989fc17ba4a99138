#pragma once
// Products of several streams with one matrix, taken together: where one thread is at it, those
// that come meanwhile wait for its end, and then their rows meet each weight at once, which is read
// once for all of them. All who wait help, each with other columns. It pays where the matrix is
// larger than the caches and each stream has few rows. Safe from every thread.

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <vector>

#include "snac/matrix.h"

namespace orpheus::snac {

class SharedProduct {
 public:
  // Told of each round that begins; quick.
  using OnRound = std::function<void(int num_products, int num_rows)>;

  // The matrix must outlive it.
  explicit SharedProduct(const Matrix& matrix, OnRound on_round = {});

  // The same bits as the matrix alone gives. Returns when this product is done.
  void multiply(const Product& product);

 private:
  void begin_round();
  void take_part(std::unique_lock<std::mutex>& lock);

  const Matrix& matrix_;
  const OnRound on_round_;
  std::mutex mutex_;
  std::condition_variable changed_;
  // The round in progress: its products, the next panel that nobody took, how many are done.
  std::vector<Product> products_;
  int next_panel_ = 0;
  int num_done_ = 0;
  int64_t num_rounds_ = 0;        // that are over
  std::vector<Product> waiting_;  // for the next round
};

}  // namespace orpheus::snac

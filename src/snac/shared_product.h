#pragma once
// Computes products of several streams with the same matrix in rounds. While a round is computed,
// new products wait. They form the next round, which reads each weight once for all rows. All
// waiting threads help and compute different columns. This is faster if the matrix is larger than
// the caches and each stream has few rows. Safe from every thread.

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <vector>

#include "snac/matrix.h"

namespace orpheus::snac {

class SharedProduct {
 public:
  // Called when a round begins. It must be quick.
  using OnRound = std::function<void(int num_products, int num_rows)>;

  // The matrix must outlive it.
  explicit SharedProduct(const Matrix& matrix, OnRound on_round = {});

  // Gives the same bits as Matrix::multiply. Returns when this product is done.
  void multiply(const Product& product);

 private:
  void begin_round();
  void take_part(std::unique_lock<std::mutex>& lock);

  const Matrix& matrix_;
  const OnRound on_round_;
  std::mutex mutex_;
  std::condition_variable changed_;
  // The round in progress: its products, the next free panel, the number of finished panels.
  std::vector<Product> products_;
  int next_panel_ = 0;
  int num_done_ = 0;
  int64_t num_rounds_ = 0;        // finished rounds
  std::vector<Product> waiting_;  // for the next round
};

}  // namespace orpheus::snac

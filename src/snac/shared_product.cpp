#include "snac/shared_product.h"

#include <algorithm>
#include <utility>

namespace orpheus::snac {
namespace {

// The number of panels that a thread takes at once: some tenths of a millisecond.
constexpr int kPanelsAtOnce = 8;

// The number of streams that may meet without an allocation.
constexpr size_t kUsualStreams = 16;

}  // namespace

SharedProduct::SharedProduct(const Matrix& matrix, OnRound on_round)
    : matrix_(matrix), on_round_(std::move(on_round)) {
  products_.reserve(kUsualStreams);
  waiting_.reserve(kUsualStreams);
}

void SharedProduct::multiply(const Product& product) {
  std::unique_lock lock(mutex_);
  waiting_.push_back(product);
  const int64_t my_round = num_rounds_ + (products_.empty() ? 0 : 1);
  while (num_rounds_ <= my_round) {
    if (products_.empty()) begin_round();
    if (next_panel_ < matrix_.num_panels()) {
      take_part(lock);
    } else {
      changed_.wait(lock);
    }
  }
}

void SharedProduct::begin_round() {
  products_.swap(waiting_);
  next_panel_ = num_done_ = 0;
  changed_.notify_all();
  if (!on_round_) return;
  int num_rows = 0;
  for (const Product& product : products_) num_rows += product.num_rows;
  on_round_(static_cast<int>(products_.size()), num_rows);
}

void SharedProduct::take_part(std::unique_lock<std::mutex>& lock) {
  const int first = next_panel_;
  const int end = std::min(first + kPanelsAtOnce, matrix_.num_panels());
  next_panel_ = end;
  lock.unlock();
  for (int panel = first; panel < end; ++panel) {
    for (const Product& product : products_) matrix_.multiply_panel(product, panel);
  }
  lock.lock();
  num_done_ += end - first;
  if (num_done_ < matrix_.num_panels()) return;
  products_.clear();
  ++num_rounds_;
  changed_.notify_all();
}

}  // namespace orpheus::snac

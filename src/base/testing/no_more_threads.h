#pragma once
// For tests: while this object exists, the process can start no thread, because the default stack
// size exceeds the address space. If the C library rejects that size, works() is false.

#include <cstddef>

#include <pthread.h>

namespace orpheus {

class NoMoreThreads {
 public:
  NoMoreThreads() {
#ifdef __GLIBC__
    pthread_attr_t beyond;
    works_ = pthread_getattr_default_np(&before_) == 0 && pthread_attr_init(&beyond) == 0 &&
             pthread_attr_setstacksize(&beyond, size_t{1} << 47U) == 0 &&
             pthread_setattr_default_np(&beyond) == 0;
#endif
  }
  ~NoMoreThreads() {
#ifdef __GLIBC__
    if (works_) pthread_setattr_default_np(&before_);
#endif
  }
  NoMoreThreads(const NoMoreThreads&) = delete;
  NoMoreThreads& operator=(const NoMoreThreads&) = delete;

  bool works() const { return works_; }

 private:
  pthread_attr_t before_{};
  bool works_ = false;
};

}  // namespace orpheus

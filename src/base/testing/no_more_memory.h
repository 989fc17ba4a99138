#pragma once
// For tests: while this lives, operator new throws on the thread that made it. Defines the test
// program's operator new and delete, so one source of a program includes it.

#include <cstddef>
#include <cstdlib>
#include <new>

namespace orpheus {

class NoMoreMemory {
 public:
  NoMoreMemory() { ++depth(); }
  ~NoMoreMemory() { --depth(); }
  NoMoreMemory(const NoMoreMemory&) = delete;
  NoMoreMemory& operator=(const NoMoreMemory&) = delete;

  static void* allocate(size_t size) {
    void* memory = depth() > 0 ? nullptr : std::malloc(size > 0 ? size : 1);
    if (memory == nullptr) throw std::bad_alloc();
    return memory;
  }

 private:
  static int& depth() {
    static thread_local int num_alive = 0;
    return num_alive;
  }
};

}  // namespace orpheus

void* operator new(size_t size) { return orpheus::NoMoreMemory::allocate(size); }
void* operator new[](size_t size) { return orpheus::NoMoreMemory::allocate(size); }
// Not inlined: GCC takes a free() beside a new expression for a mistake.
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete[](void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, size_t /*size*/) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete[](void* memory, size_t /*size*/) noexcept {
  std::free(memory);
}

#pragma once
// Values by name, for the many look-ups at each number of a text: the name of a constant key is
// hashed when the program is compiled. Constant once filled: from any thread.

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace orpheus::text::reading {

// A name and its hash (FNV-1a).
class Key {
 public:
  template <size_t N>
  consteval Key(const char (&name)[N]) : Key(std::string_view(name, N - 1)) {}
  constexpr Key(std::string_view name) { extend(name); }
  Key(const std::string& name) : Key(std::string_view(name)) {}
  // One of two constants, by what holds now.
  template <std::same_as<const char*> T>
  constexpr Key(const T& name) : Key(std::string_view(name)) {}

  // longer: a name that begins with this one.
  constexpr void extend(std::string_view longer) {
    for (const char c : longer.substr(name_.size()))
      state_ = (state_ ^ static_cast<unsigned char>(c)) * 0x100000001B3U;
    name_ = longer;
  }

  constexpr std::string_view name() const { return name_; }
  // Its low bits depend on every letter.
  constexpr uint64_t hash() const { return state_ ^ (state_ >> 32U); }

 private:
  std::string_view name_;
  uint64_t state_ = 0xCBF29CE484222325U;
};

// A hash table with open addressing. At most half of the slots are full.
template <typename T>
class KeyedValues {
 public:
  struct Entry {
    std::string name;
    T value;
  };

  // The value of this name, made if there is none.
  T& operator[](std::string_view name) {
    if (slots_.size() < 2 * (entries_.size() + 1)) grow();
    const Key key(name);
    Slot& slot = slots_[slot_of(key)];
    if (slot.entry == 0) {
      entries_.push_back({std::string(name), T()});
      slot = {.hash = key.hash(), .entry = entries_.size()};
    }
    return entries_[slot.entry - 1].value;
  }

  // Null where there is none.
  const T* find(Key key) const {
    if (entries_.empty()) return nullptr;
    const size_t entry = slots_[slot_of(key)].entry;
    return entry == 0 ? nullptr : &entries_[entry - 1].value;
  }

  bool empty() const { return entries_.empty(); }
  auto begin() const { return entries_.begin(); }
  auto end() const { return entries_.end(); }

 private:
  struct Slot {
    uint64_t hash = 0;
    size_t entry = 0;  // its index + 1; 0: the slot is free
  };

  // The slot of this name, or the free slot for it.
  size_t slot_of(Key key) const {
    const size_t mask = slots_.size() - 1;
    size_t at = key.hash() & mask;
    while (slots_[at].entry != 0 &&
           (slots_[at].hash != key.hash() || entries_[slots_[at].entry - 1].name != key.name()))
      at = (at + 1) & mask;
    return at;
  }

  void grow() {
    constexpr size_t kFewest = 8;
    slots_.assign(slots_.empty() ? kFewest : 2 * slots_.size(), Slot());
    for (size_t i = 0; i < entries_.size(); ++i) {
      const Key key(entries_[i].name);
      slots_[slot_of(key)] = {.hash = key.hash(), .entry = i + 1};
    }
  }

  std::vector<Entry> entries_;  // in the order of adding
  std::vector<Slot> slots_;     // a power of two
};

}  // namespace orpheus::text::reading

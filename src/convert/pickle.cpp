#include "convert/pickle.h"

#include <array>
#include <cstdio>
#include <optional>
#include <utility>
#include <variant>

#include "convert/byte_reader.h"

namespace orpheus::convert {
namespace {

constexpr size_t kMaxPickleBytes = size_t{1} << 24U;
constexpr size_t kMaxObjects = size_t{1} << 18U;
constexpr size_t kMaxRank = 8;
constexpr uint8_t kProtocol = 2;  // what torch.save writes

// Opcodes as Python's pickletools names them.
enum class Opcode : uint8_t {
  kMark = '(',
  kStop = '.',
  kBinInt = 'J',
  kBinInt1 = 'K',
  kBinInt2 = 'M',
  kNone = 'N',
  kBinPersId = 'Q',
  kReduce = 'R',
  kBinUnicode = 'X',
  kBuild = 'b',
  kGlobal = 'c',
  kBinGet = 'h',
  kLongBinGet = 'j',
  kBinPut = 'q',
  kLongBinPut = 'r',
  kSetItem = 's',
  kTuple = 't',
  kSetItems = 'u',
  kEmptyDict = '}',
  kEmptyTuple = ')',
  kProto = 0x80,
  kTuple1 = 0x85,
  kTuple2 = 0x86,
  kTuple3 = 0x87,
  kNewTrue = 0x88,
  kNewFalse = 0x89,
  kLong1 = 0x8a,
};

// Objects live in one arena and refer to each other by index, so nesting and cycles need no
// recursion to build or destroy.
using Ref = uint32_t;

struct Opaque {};  // None, True, False: they describe no tensor
struct Tuple {
  std::vector<Ref> items;
};
struct Dict {
  std::vector<std::pair<Ref, Ref>> items;
};
enum class Function { kOrderedDict, kRebuildTensor, kRebuildParameter };
struct StorageClass {
  std::string_view name;
  ElementType type;
};
struct Storage {
  StorageClass storage_class;
  std::string_view key;
  uint64_t num_elements;
};
using Object = std::variant<Opaque, int64_t, std::string_view, Tuple, Dict, Function, StorageClass,
                            Storage, PickledTensor>;

std::optional<Object> find_global(std::string_view module, std::string_view name) {
  struct Global {
    std::string_view module;
    std::string_view name;
    Function function;
  };
  static constexpr std::array kFunctions = {
      Global{"collections", "OrderedDict", Function::kOrderedDict},
      Global{"torch._utils", "_rebuild_tensor_v2", Function::kRebuildTensor},
      Global{"torch._utils", "_rebuild_parameter", Function::kRebuildParameter}};
  static constexpr std::array kStorages = {StorageClass{"FloatStorage", ElementType::kFloat32},
                                           StorageClass{"DoubleStorage", ElementType::kFloat64},
                                           StorageClass{"HalfStorage", ElementType::kFloat16},
                                           StorageClass{"BFloat16Storage", ElementType::kBFloat16},
                                           StorageClass{"LongStorage", ElementType::kOther},
                                           StorageClass{"IntStorage", ElementType::kOther},
                                           StorageClass{"ShortStorage", ElementType::kOther},
                                           StorageClass{"CharStorage", ElementType::kOther},
                                           StorageClass{"ByteStorage", ElementType::kOther},
                                           StorageClass{"BoolStorage", ElementType::kOther}};
  for (const Global& global : kFunctions) {
    if (global.module == module && global.name == name) return global.function;
  }
  for (const StorageClass& storage : kStorages) {
    if (module == "torch" && storage.name == name) return storage;
  }
  return std::nullopt;
}

class StateDictReader {
 public:
  StateDictReader(std::span<const std::byte> pickle, const std::string& name)
      : name_(name), reader_(pickle) {}

  Result<std::vector<NamedTensor>> read() {
    while (!stopped_) {
      opcode_position_ = reader_.position();
      const auto opcode = reader_.read<uint8_t>();
      if (!opcode) return truncated();
      ORPHEUS_CHECK(execute(static_cast<Opcode>(*opcode)));
    }
    ORPHEUS_TRY(const Ref root, pop());
    const auto* dict = as<Dict>(root);
    if (dict == nullptr) return bad("the checkpoint is not a dict of tensors");
    std::vector<NamedTensor> tensors;
    for (const auto& [key, value] : dict->items) {
      const auto* tensor = as<PickledTensor>(value);
      const auto* text = as<std::string_view>(key);
      if (tensor != nullptr && text != nullptr) tensors.push_back({*text, *tensor});
    }
    return tensors;
  }

 private:
  tl::unexpected<Error> error(ErrorKind kind, const std::string& what) const {
    return fail({.kind = kind,
                 .what = name_ + ": at byte " + std::to_string(opcode_position_) + ": " + what,
                 .remedy = kind == ErrorKind::kBadFile
                               ? "The file is damaged or not a torch checkpoint: download it again."
                               : "Use a checkpoint written by torch.save(model.state_dict(), …)."});
  }
  tl::unexpected<Error> bad(const std::string& what) const {
    return error(ErrorKind::kBadFile, what);
  }
  tl::unexpected<Error> truncated() const { return bad("the pickle ends early"); }

  Result<void> execute(Opcode opcode) {
    switch (opcode) {
      case Opcode::kProto: return check_protocol();
      case Opcode::kStop: stopped_ = true; return {};
      case Opcode::kMark: marks_.push_back(stack_.size()); return check_size(marks_.size());
      case Opcode::kNone:
      case Opcode::kNewTrue:
      case Opcode::kNewFalse: return push(Opaque{});
      case Opcode::kBinInt1: return push_integer<uint8_t, uint8_t>();
      case Opcode::kBinInt2: return push_integer<uint16_t, uint16_t>();
      case Opcode::kBinInt: return push_integer<uint32_t, int32_t>();
      case Opcode::kLong1: return push_long();
      case Opcode::kBinUnicode: return push_text();
      case Opcode::kGlobal: return push_global();
      case Opcode::kEmptyDict: return push(Dict{});
      case Opcode::kEmptyTuple: return push(Tuple{});
      case Opcode::kTuple1: return push_tuple(1);
      case Opcode::kTuple2: return push_tuple(2);
      case Opcode::kTuple3: return push_tuple(3);
      case Opcode::kTuple: return push_marked_tuple();
      case Opcode::kBinPut: return memorise(reader_.read<uint8_t>());
      case Opcode::kLongBinPut: return memorise(reader_.read<uint32_t>());
      case Opcode::kBinGet: return recall(reader_.read<uint8_t>());
      case Opcode::kLongBinGet: return recall(reader_.read<uint32_t>());
      case Opcode::kSetItem: return set_item();
      case Opcode::kSetItems: return set_items();
      case Opcode::kBinPersId: return push_storage();
      case Opcode::kReduce: return reduce();
      case Opcode::kBuild: return build();
    }
    std::array<char, 8> hex{};
    std::snprintf(hex.data(), hex.size(), "0x%02x", static_cast<unsigned>(opcode));
    return error(ErrorKind::kUnsupported, "pickle opcode " + std::string(hex.data()) +
                                              " is not allowed: no state dict needs it");
  }

  // The stack. Values below the last mark cannot be reached until the mark is removed.

  Result<void> check_size(size_t count) const {
    if (count <= kMaxObjects) return {};
    return error(ErrorKind::kLimit, "too many objects for a state dict");
  }

  Result<void> push_ref(Ref ref) {
    stack_.push_back(ref);
    return check_size(stack_.size());
  }

  Result<void> push(Object object) {
    objects_.push_back(std::move(object));
    ORPHEUS_CHECK(check_size(objects_.size()));
    return push_ref(static_cast<Ref>(objects_.size() - 1));
  }

  Result<Ref> top() const {
    if (stack_.size() <= (marks_.empty() ? 0 : marks_.back())) return bad("the stack is empty");
    return stack_.back();
  }

  Result<Ref> pop() {
    ORPHEUS_TRY(const Ref ref, top());
    stack_.pop_back();
    return ref;
  }

  Result<std::vector<Ref>> pop_to_mark() {
    if (marks_.empty()) return bad("the stack has no mark");
    const auto first = stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back());
    std::vector<Ref> items(first, stack_.end());
    stack_.erase(first, stack_.end());
    marks_.pop_back();
    return items;
  }

  template <typename T>
  T* as(Ref ref) {
    return std::get_if<T>(&objects_[ref]);
  }

  // Whether an object is an integer in 0 … 2⁶³ − 1, and which.
  std::optional<uint64_t> as_count(Ref ref) {
    const auto* value = as<int64_t>(ref);
    if (value == nullptr || *value < 0) return std::nullopt;
    return static_cast<uint64_t>(*value);
  }

  // Opcodes.

  Result<void> check_protocol() {
    const auto protocol = reader_.read<uint8_t>();
    if (!protocol) return truncated();
    if (*protocol == kProtocol) return {};
    return error(ErrorKind::kUnsupported, "pickle protocol " + std::to_string(*protocol) +
                                              " is not supported: torch.save writes protocol 2");
  }

  template <typename Stored, typename Meaning>
  Result<void> push_integer() {
    const auto value = reader_.read<Stored>();
    if (!value) return truncated();
    return push(static_cast<int64_t>(static_cast<Meaning>(*value)));
  }

  // A little-endian two's complement integer of up to eight bytes.
  Result<void> push_long() {
    const auto count = reader_.read<uint8_t>();
    const auto bytes = count ? reader_.take(*count) : std::nullopt;
    if (!bytes) return truncated();
    if (bytes->size() > sizeof(int64_t)) return bad("an integer of more than 64 bits");
    const bool negative = !bytes->empty() && (bytes->back() & std::byte{0x80}) != std::byte{0};
    uint64_t value = negative ? ~uint64_t{0} : 0;
    for (size_t i = bytes->size(); i-- > 0;)
      value = value << 8U | std::to_integer<uint64_t>((*bytes)[i]);
    return push(static_cast<int64_t>(value));
  }

  Result<void> push_text() {
    const auto length = reader_.read<uint32_t>();
    const auto text = length ? reader_.text(*length) : std::nullopt;
    if (!text) return truncated();
    return push(*text);
  }

  Result<void> push_global() {
    const auto module = reader_.line();
    const auto name = module ? reader_.line() : std::nullopt;
    if (!name) return truncated();
    auto global = find_global(*module, *name);
    if (global) return push(*std::move(global));
    return error(ErrorKind::kUnsupported,
                 "it refers to " + quoted(std::string(*module) + "." + std::string(*name)) +
                     ", which is not allowed in a state dict");
  }

  Result<void> push_tuple(size_t count) {
    Tuple tuple{std::vector<Ref>(count)};
    for (size_t i = count; i-- > 0;) {
      ORPHEUS_TRY(tuple.items[i], pop());
    }
    return push(std::move(tuple));
  }

  Result<void> push_marked_tuple() {
    ORPHEUS_TRY(std::vector<Ref> items, pop_to_mark());
    return push(Tuple{std::move(items)});
  }

  Result<void> memorise(std::optional<uint32_t> index) {
    if (!index) return truncated();
    ORPHEUS_TRY(const Ref ref, top());
    ORPHEUS_CHECK(check_size(size_t{*index} + 1));
    if (*index >= memo_.size()) memo_.resize(size_t{*index} + 1);
    memo_[*index] = ref;
    return {};
  }

  Result<void> recall(std::optional<uint32_t> index) {
    if (!index) return truncated();
    if (*index >= memo_.size() || !memo_[*index])
      return bad("it reads a memo entry that was never stored");
    return push_ref(*memo_[*index]);
  }

  Result<void> set_item() {
    ORPHEUS_TRY(const Ref value, pop());
    ORPHEUS_TRY(const Ref key, pop());
    ORPHEUS_TRY(const Ref target, top());
    auto* dict = as<Dict>(target);
    if (dict == nullptr) return bad("an item is set in an object that is not a dict");
    dict->items.emplace_back(key, value);
    return check_size(dict->items.size());
  }

  Result<void> set_items() {
    ORPHEUS_TRY(const std::vector<Ref> items, pop_to_mark());
    ORPHEUS_TRY(const Ref target, top());
    auto* dict = as<Dict>(target);
    if (dict == nullptr || items.size() % 2 != 0)
      return bad("items are set in an object that is not a dict");
    for (size_t i = 0; i < items.size(); i += 2) dict->items.emplace_back(items[i], items[i + 1]);
    return check_size(dict->items.size());
  }

  // ("storage", class, key, device, number of elements); older torch adds a sixth, always None.
  Result<void> push_storage() {
    ORPHEUS_TRY(const Ref ref, pop());
    const auto* id = as<Tuple>(ref);
    if (id == nullptr || id->items.size() < 5) return bad("a storage without its description");
    const auto* kind = as<std::string_view>(id->items[0]);
    const auto* storage_class = as<StorageClass>(id->items[1]);
    const auto* key = as<std::string_view>(id->items[2]);
    const auto num_elements = as_count(id->items[4]);
    if (kind == nullptr || *kind != "storage" || storage_class == nullptr || key == nullptr ||
        !num_elements) {
      return bad("a storage without its description");
    }
    return push(Storage{*storage_class, *key, *num_elements});
  }

  Result<void> reduce() {
    ORPHEUS_TRY(const Ref arguments_ref, pop());
    ORPHEUS_TRY(const Ref function_ref, pop());
    const auto* arguments = as<Tuple>(arguments_ref);
    const auto* function = as<Function>(function_ref);
    if (function == nullptr || arguments == nullptr)
      return bad("a call of an object that is not a function");
    switch (*function) {
      case Function::kOrderedDict:
        if (!arguments->items.empty()) return bad("a dict with unknown arguments");
        return push(Dict{});
      case Function::kRebuildTensor: return push_tensor(*arguments);
      case Function::kRebuildParameter:
        if (arguments->items.empty() || as<PickledTensor>(arguments->items[0]) == nullptr)
          return bad("a parameter without its tensor");
        return push_ref(arguments->items[0]);
    }
    return bad("a call of an object that is not a function");
  }

  // (storage, offset, shape, strides, requires_grad, hooks), and perhaps more that does not concern
  // the values.
  Result<void> push_tensor(const Tuple& arguments) {
    if (arguments.items.size() < 6) return bad("a tensor without its description");
    const auto* storage = as<Storage>(arguments.items[0]);
    const auto offset = as_count(arguments.items[1]);
    const auto shape = as_counts(arguments.items[2]);
    const auto strides = as_counts(arguments.items[3]);
    if (storage == nullptr || !offset || !shape || !strides || shape->size() != strides->size())
      return bad("a tensor with an invalid storage, offset, shape or stride");
    return push(PickledTensor{storage->key, storage->storage_class.name,
                              storage->storage_class.type, storage->num_elements, *offset, *shape,
                              *strides});
  }

  std::optional<std::vector<uint64_t>> as_counts(Ref ref) {
    const auto* tuple = as<Tuple>(ref);
    if (tuple == nullptr || tuple->items.size() > kMaxRank) return std::nullopt;
    std::vector<uint64_t> counts;
    for (const Ref item : tuple->items) {
      const auto count = as_count(item);
      if (!count) return std::nullopt;
      counts.push_back(*count);
    }
    return counts;
  }

  // The state of an ordered dict (torch's _metadata) does not concern the tensors.
  Result<void> build() {
    ORPHEUS_CHECK(pop());
    ORPHEUS_TRY(const Ref target, top());
    if (as<Dict>(target) == nullptr) return bad("a state is set in an object that is not a dict");
    return {};
  }

  const std::string& name_;
  ByteReader reader_;
  size_t opcode_position_ = 0;
  bool stopped_ = false;
  std::vector<Object> objects_;
  std::vector<Ref> stack_;
  std::vector<size_t> marks_;  // heights of the stack
  std::vector<std::optional<Ref>> memo_;
};

}  // namespace

Result<std::vector<NamedTensor>> read_state_dict(std::span<const std::byte> pickle,
                                                 const std::string& name) {
  if (pickle.size() > kMaxPickleBytes) {
    return fail({.kind = ErrorKind::kLimit,
                 .what = name + ": the pickle is too large for a state dict",
                 .expected = "at most " + std::to_string(kMaxPickleBytes) + " bytes",
                 .found = std::to_string(pickle.size())});
  }
  return StateDictReader(pickle, name).read();
}

}  // namespace orpheus::convert

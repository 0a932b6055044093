// SPDX-License-Identifier: GPL-3.0-or-later
//
// BTF, the BPF Type Format (Documentation/bpf/btf.rst in the kernel): a header, a section of type records that follow
// each other without an index, and a section of NUL-ended strings. A type's number is its place in the sequence. Split
// BTF (a module's) goes on numbering types and string bytes where its base (the kernel's) ends.
//
// libbpf walks the records trusting most of what they say, and a dump's bytes may say anything; so each record is
// looked at here before libbpf sees it. Afterwards every name and every referred-to type exists.
#include "types/btf_check.hpp"

#include <fmt/format.h>
#include <linux/btf.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"

namespace alicia::types {
namespace {

constexpr std::uint64_t largest_btf = 1ULL << 30U;

class Checker {
 public:
  Checker(std::span<const std::byte> data, BtfExtent base) : data_(data), base_(base) {}

  Result<BtfExtent> run() {
    if (auto sound = header(); !sound) return failure(sound);
    if (auto sound = walk(); !sound) return failure(sound);
    // Only where the largest number is too large, or something else is wrong, the record at fault is looked for.
    if (!sound_ || !name_ok(largest_name_) || !type_ok(largest_type_)) {
      for (std::size_t index = 0; index < offsets_.size(); ++index) {
        if (auto sound = references(index); !sound) return failure(sound);
      }
    }
    if (auto sound = chains(); !sound) return failure(sound);
    return total_;
  }

 private:
  std::uint32_t number_of(std::size_t index) const { return base_.types + static_cast<std::uint32_t>(index); }
  btf_type record(std::size_t index) const { return load<btf_type>(types_, offsets_[index]); }

  tl::unexpected<Error> corrupt(std::size_t index, std::string_view what) const {
    return failure(ErrorCode::corrupt, fmt::format("BTF type {}: {}", number_of(index), what));
  }

  Result<void> header() {
    if (data_.size() < sizeof(btf_header)) {
      return failure(ErrorCode::truncated_file, fmt::format("BTF of {} bytes has no header", data_.size()));
    }
    const auto head = load<btf_header>(data_);
    if (head.magic == 0x9feb) return failure(ErrorCode::not_supported, "BTF of a big-endian machine");
    if (head.magic != BTF_MAGIC) return failure(ErrorCode::wrong_format, "not BTF");
    if (head.version != BTF_VERSION) {
      return failure(ErrorCode::not_supported, fmt::format("BTF version {} is not known", head.version));
    }
    if (head.hdr_len < sizeof head || head.hdr_len > data_.size()) {
      return failure(ErrorCode::corrupt, fmt::format("BTF header length {} in {} bytes", head.hdr_len, data_.size()));
    }
    // libbpf allows for a header of the length it knows, and no other.
    const std::uint64_t room = data_.size() - head.hdr_len;
    if (!fits(head.type_off, head.type_len, room) || !fits(head.str_off, head.str_len, room)) {
      return failure(ErrorCode::truncated_file, fmt::format("BTF sections lie beyond its {} bytes", data_.size()));
    }
    if (head.type_off % 4 != 0 || head.hdr_len % 4 != 0 ||
        head.type_off + std::uint64_t{head.type_len} > head.str_off) {
      return failure(ErrorCode::corrupt, "BTF sections overlap or are not aligned");
    }
    types_ = data_.subspan(head.hdr_len + std::size_t{head.type_off}, head.type_len);
    strings_ = as_text(data_.subspan(head.hdr_len + std::size_t{head.str_off}, head.str_len));
    const bool split = base_.types > 1;
    if ((strings_.empty() && !split) || (!strings_.empty() && strings_.back() != '\0') ||
        (!split && strings_.front() != '\0')) {
      return failure(ErrorCode::corrupt, "BTF strings do not begin and end with NUL");
    }
    if (base_.strings + std::uint64_t{head.str_len} > largest_btf) {
      return failure(ErrorCode::corrupt, "BTF strings exceed a gigabyte");
    }
    total_.strings = base_.strings + head.str_len;
    return {};
  }

  /// Bytes that follow the fixed part of a record, or nothing for a kind that is not known.
  static std::optional<std::uint64_t> tail_length(unsigned kind, std::uint64_t vlen) {
    switch (kind) {
      case BTF_KIND_INT: return sizeof(std::uint32_t);
      case BTF_KIND_ARRAY: return sizeof(btf_array);
      case BTF_KIND_STRUCT:
      case BTF_KIND_UNION: return vlen * sizeof(btf_member);
      case BTF_KIND_ENUM: return vlen * sizeof(btf_enum);
      case BTF_KIND_ENUM64: return vlen * sizeof(btf_enum64);
      case BTF_KIND_FUNC_PROTO: return vlen * sizeof(btf_param);
      case BTF_KIND_VAR: return sizeof(btf_var);
      case BTF_KIND_DATASEC: return vlen * sizeof(btf_var_secinfo);
      case BTF_KIND_DECL_TAG: return sizeof(btf_decl_tag);
      case BTF_KIND_PTR:
      case BTF_KIND_FWD:
      case BTF_KIND_TYPEDEF:
      case BTF_KIND_VOLATILE:
      case BTF_KIND_CONST:
      case BTF_KIND_RESTRICT:
      case BTF_KIND_FUNC:
      case BTF_KIND_FLOAT:
      case BTF_KIND_TYPE_TAG: return 0;
      default: return std::nullopt;
    }
  }

  Result<void> walk() {
    offsets_.reserve(types_.size() / 24);
    targets_.reserve(types_.size() / 24);
    std::uint64_t at = 0;
    while (at < types_.size()) {
      offsets_.push_back(static_cast<std::uint32_t>(at));
      const std::size_t index = offsets_.size() - 1;
      if (!fits(at, sizeof(btf_type), types_.size())) return corrupt(index, "its record is cut off");
      const auto type = record(index);
      const auto tail = tail_length(BTF_INFO_KIND(type.info), BTF_INFO_VLEN(type.info));
      if (!tail) {
        return failure(ErrorCode::not_supported,
                       fmt::format("BTF type {}: kind {} is not known", number_of(index), BTF_INFO_KIND(type.info)));
      }
      if (!fits(at + sizeof(btf_type), *tail, types_.size())) return corrupt(index, "its record is cut off");
      targets_.push_back(survey(type, types_.subspan(at + sizeof(btf_type), *tail)));
      at += sizeof(btf_type) + *tail;
    }
    total_.types = base_.types + static_cast<std::uint32_t>(offsets_.size());
    return {};
  }

  bool name_ok(std::uint32_t offset) const { return offset < total_.strings || (offset == 0 && total_.strings == 0); }
  bool type_ok(std::uint32_t number) const { return number < total_.types; }

  void note_name(std::uint32_t offset) { largest_name_ = std::max(largest_name_, offset); }
  void note_type(std::uint32_t number) { largest_type_ = std::max(largest_type_, number); }

  template <class Entry, class Note>
  static void each(std::span<const std::byte> tail, Note&& note) {
    for (std::size_t at = 0; at < tail.size(); at += sizeof(Entry))
      note(load<Entry>(tail, at));
  }

  /// Notes the largest numbers that a record refers to. The single type it refers to, or 0.
  std::uint32_t survey(const btf_type& type, std::span<const std::byte> tail) {
    note_name(type.name_off);
    switch (BTF_INFO_KIND(type.info)) {
      case BTF_KIND_INT: sound_ = sound_ && integer_ok(type, load<std::uint32_t>(tail)); return 0;
      case BTF_KIND_ARRAY: {
        const auto array = load<btf_array>(tail);
        note_type(array.type);
        note_type(array.index_type);
        return array.type;
      }
      case BTF_KIND_STRUCT:
      case BTF_KIND_UNION:
        each<btf_member>(tail, [this](const btf_member& m) { note_name(m.name_off), note_type(m.type); });
        return 0;
      case BTF_KIND_ENUM: each<btf_enum>(tail, [this](const btf_enum& e) { note_name(e.name_off); }); return 0;
      case BTF_KIND_ENUM64: each<btf_enum64>(tail, [this](const btf_enum64& e) { note_name(e.name_off); }); return 0;
      case BTF_KIND_DATASEC:
        each<btf_var_secinfo>(tail, [this](const btf_var_secinfo& v) { note_type(v.type); });
        return 0;
      case BTF_KIND_FUNC_PROTO:
        note_type(type.type);
        each<btf_param>(tail, [this](const btf_param& p) { note_name(p.name_off), note_type(p.type); });
        return 0;
      case BTF_KIND_FWD:
      case BTF_KIND_FLOAT: return 0;
      default: note_type(type.type); return type.type;
    }
  }

  static bool integer_ok(const btf_type& type, std::uint32_t about) {
    const std::uint32_t bits = BTF_INT_BITS(about);
    return type.size != 0 && type.size <= 16 && bits != 0 && BTF_INT_OFFSET(about) + bits <= type.size * 8;
  }

  /// Checks `vlen` entries of one record's tail.
  template <class Entry, class Check>
  Result<void> entries(std::size_t index, Check&& check) const {
    const std::size_t vlen = BTF_INFO_VLEN(record(index).info);
    for (std::size_t entry = 0; entry < vlen; ++entry) {
      if (!check(load<Entry>(types_, offsets_[index] + sizeof(btf_type) + entry * sizeof(Entry)))) {
        return corrupt(index, fmt::format("entry {} refers to no name or type", entry));
      }
    }
    return {};
  }

  Result<void> references(std::size_t index) const {
    const auto type = record(index);
    if (!name_ok(type.name_off)) return corrupt(index, "its name lies beyond the strings");
    const auto tail = [&]<class T>(T) { return load<T>(types_, offsets_[index] + sizeof(btf_type)); };
    switch (BTF_INFO_KIND(type.info)) {
      case BTF_KIND_INT: {
        const auto about = tail(std::uint32_t{});
        if (integer_ok(type, about)) return {};
        return corrupt(index, fmt::format("an integer of {} bits in {} bytes", BTF_INT_BITS(about), type.size));
      }
      case BTF_KIND_ARRAY: {
        const auto array = tail(btf_array{});
        if (!type_ok(array.type) || !type_ok(array.index_type)) return corrupt(index, "its element is no type");
        return {};
      }
      case BTF_KIND_STRUCT:
      case BTF_KIND_UNION:
        return entries<btf_member>(index, [&](const btf_member& m) { return name_ok(m.name_off) && type_ok(m.type); });
      case BTF_KIND_ENUM: return entries<btf_enum>(index, [&](const btf_enum& e) { return name_ok(e.name_off); });
      case BTF_KIND_ENUM64: return entries<btf_enum64>(index, [&](const btf_enum64& e) { return name_ok(e.name_off); });
      case BTF_KIND_DATASEC:
        return entries<btf_var_secinfo>(index, [&](const btf_var_secinfo& v) { return type_ok(v.type); });
      case BTF_KIND_FUNC_PROTO:
        if (!type_ok(type.type)) return corrupt(index, "it refers to no type");
        return entries<btf_param>(index, [&](const btf_param& p) { return name_ok(p.name_off) && type_ok(p.type); });
      case BTF_KIND_FWD:
      case BTF_KIND_FLOAT: return {};
      default:
        if (!type_ok(type.type)) return corrupt(index, "it refers to no type");
        return {};
    }
  }

  /// Follows each chain of single references (array, pointer, typedef, qualifier …) once.
  Result<void> chains() const {
    enum : char { unseen, on_path, done };
    std::vector<char> states(offsets_.size(), unseen);
    std::vector<std::size_t> path;
    for (std::size_t start = 0; start < offsets_.size(); ++start) {
      path.clear();
      std::size_t index = start;
      while (states[index] == unseen) {
        states[index] = on_path;
        path.push_back(index);
        if (targets_[index] < base_.types) break;
        index = targets_[index] - base_.types;
        if (states[index] == on_path) return corrupt(index, "it refers to itself in a circle");
      }
      for (const std::size_t passed : path)
        states[passed] = done;
    }
    return {};
  }

  std::span<const std::byte> data_;
  BtfExtent base_;
  BtfExtent total_;
  std::span<const std::byte> types_;
  std::string_view strings_;
  std::vector<std::uint32_t> offsets_;
  std::vector<std::uint32_t> targets_;  // 0 where the kind has no single target
  std::uint32_t largest_name_ = 0, largest_type_ = 0;
  bool sound_ = true;
};

}  // namespace

Result<BtfExtent> check_btf(std::span<const std::byte> data, BtfExtent base) {
  return Checker(data, base).run();
}

}  // namespace alicia::types

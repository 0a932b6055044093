// SPDX-License-Identifier: GPL-3.0-or-later
//
// BTF has no index: a type's number is its record's place in the sequence, and where a record begins is known only from
// those before it. A page that is missing therefore costs every type behind it, unless two things can be found out:
//
//  - Where the next record begins. Nearly no bytes look like a record: the kind, a byte of `info`, is 0 in what fills
//    the records of a kernel (type numbers, small offsets), and 0 is no kind. The first place from which some dozens of
//    records follow each other without a fault is one.
//  - How many records were lost. References are numbers, and some tell what they must meet: a function its prototype, a
//    data section its variables. Only with the true number do all of those that reach behind the hole meet their kind,
//    and none falls short of it or goes too far.
//
// A stretch between two holes for which that does not give one answer is given up too.
#include "types/btf_repair.hpp"

#include <linux/btf.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

#include "base/bytes.hpp"

namespace alicia::types {
namespace {

constexpr std::size_t head_bytes = sizeof(btf_header);
constexpr std::size_t record_bytes = sizeof(btf_type);
constexpr unsigned enough_in_a_row = 48;  // records that follow each other: no accident
constexpr std::size_t longest_record = std::size_t{65535} * 12 + record_bytes;
constexpr std::uint64_t most_work = 400'000'000;  // references looked at; a kernel's need a thousandth of it

/// Records that follow each other in the bytes that are there.
struct Run {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::vector<std::uint32_t> records;  // their offsets
  std::uint32_t first_number = 0;
};

/// What a reference has to meet.
enum class Meets : std::uint8_t {
  prototype,
  variable,
  type,    ///< what a pointer or typedef may stand for: no function, no variable
  object,  ///< what has a size: no prototype either
};
struct Reference {
  std::uint32_t target = 0;
  Meets kind = Meets::prototype;
};

class Repair {
 public:
  Repair(std::span<const std::byte> data, std::span<const BtfHole> holes) : data_(data), holes_(holes) {}

  Result<RepairedBtf> run() {
    if (data_.size() < head_bytes || data_.size() > (std::size_t{1} << 30U))
      return failure(ErrorCode::corrupt, "BTF of no sensible size");
    if (auto found = read_header(); !found) return failure(found);
    find_runs();
    if (runs_.empty()) return failure(ErrorCode::corrupt, "no types are left in the BTF");
    collect_references();
    number_runs();
    return put_together();
  }

 private:
  bool is_there(std::size_t begin, std::size_t end) const {
    return std::ranges::none_of(holes_, [&](const BtfHole& hole) { return begin < hole.end && hole.begin < end; });
  }
  /// The end of the hole that `at` lies in.
  std::optional<std::size_t> hole_end(std::size_t at) const {
    for (const BtfHole& hole : holes_)
      if (at >= hole.begin && at < hole.end) return hole.end;
    return std::nullopt;
  }
  std::size_t next_hole(std::size_t at) const {
    for (const BtfHole& hole : holes_)
      if (hole.begin >= at) return hole.begin;
    return data_.size();
  }
  template <class T>
  T at(std::size_t offset) const {
    return load<T>(data_, offset);
  }

  Result<void> read_header() {
    if (!is_there(0, head_bytes)) return guess_header();
    const auto head = at<btf_header>(0);
    if (head.magic != BTF_MAGIC || head.version != BTF_VERSION) return failure(ErrorCode::not_supported, "not BTF");
    const std::size_t room = data_.size() - std::min<std::size_t>(head.hdr_len, data_.size());
    if (head.hdr_len < head_bytes || head.hdr_len % 4 != 0 || head.type_off % 4 != 0 ||
        !fits(head.type_off, head.type_len, room) || !fits(head.str_off, head.str_len, room) ||
        head.type_off + std::uint64_t{head.type_len} > head.str_off)
      return failure(ErrorCode::corrupt, "BTF header of no sensible lengths");
    types_ = std::size_t{head.hdr_len} + head.type_off;
    types_end_ = types_ + head.type_len;
    strings_ = std::size_t{head.hdr_len} + head.str_off;
    strings_end_ = strings_ + head.str_len;
    return {};
  }

  /// The kernel's BTF has nothing between header, types and strings, and the last record is where the strings begin.
  Result<void> guess_header() {
    types_ = head_bytes;
    types_end_ = data_.size();
    strings_ = 0;
    strings_end_ = data_.size();  // until it is known, any name will do that would fit
    std::size_t from = *hole_end(0);
    while (from < data_.size()) {
      const auto start = synchronise(from);
      if (!start) break;
      std::size_t end = *start;
      while (const auto length = record_length(end))
        end += *length;
      // The first string, taken for a record, has the letters of a name where the place of a name should be.
      if (fits(end, 4, data_.size()) && is_there(end, end + 4) && at<char>(end) == '\0' &&
          at<std::uint32_t>(end) >= data_.size()) {
        types_end_ = strings_ = end;
        return {};
      }
      const auto behind = hole_end(next_hole(end));
      from = behind ? *behind : data_.size();
    }
    return failure(ErrorCode::corrupt, "the BTF's header is lost, and where its strings begin");
  }

  bool name_ok(std::uint32_t offset) const { return offset < strings_end_ - strings_; }
  bool type_ok(std::uint32_t number) const { return number <= (types_end_ - types_) / record_bytes; }

  /// The length of the record at `begin`; nothing where there can be none, or not all of it is there.
  std::optional<std::size_t> record_length(std::size_t begin) const {
    if (!fits(begin, record_bytes, types_end_) || !is_there(begin, begin + record_bytes)) return std::nullopt;
    const auto type = at<btf_type>(begin);
    const std::size_t vlen = BTF_INFO_VLEN(type.info);
    if ((type.info & 0x60ff0000U) != 0 || !name_ok(type.name_off)) return std::nullopt;
    std::size_t tail = 0;
    bool simple = true;  // has no entries
    switch (BTF_INFO_KIND(type.info)) {
      case BTF_KIND_INT:
        if (type.size == 0 || type.size > 16) return std::nullopt;
        tail = 4;
        break;
      case BTF_KIND_ARRAY: tail = sizeof(btf_array); break;
      case BTF_KIND_STRUCT:
      case BTF_KIND_UNION: tail = vlen * sizeof(btf_member), simple = false; break;
      case BTF_KIND_ENUM: tail = vlen * sizeof(btf_enum), simple = false; break;
      case BTF_KIND_ENUM64: tail = vlen * sizeof(btf_enum64), simple = false; break;
      case BTF_KIND_FUNC_PROTO: tail = vlen * sizeof(btf_param), simple = false; break;
      case BTF_KIND_DATASEC: tail = vlen * sizeof(btf_var_secinfo), simple = false; break;
      case BTF_KIND_FUNC: simple = false; break;  // its linkage stands there
      case BTF_KIND_VAR: tail = sizeof(btf_var); break;
      case BTF_KIND_DECL_TAG: tail = sizeof(btf_decl_tag); break;
      case BTF_KIND_PTR:
      case BTF_KIND_TYPEDEF:
      case BTF_KIND_VOLATILE:
      case BTF_KIND_CONST:
      case BTF_KIND_RESTRICT:
      case BTF_KIND_TYPE_TAG:
        if (!type_ok(type.type)) return std::nullopt;
        break;
      case BTF_KIND_FWD:
      case BTF_KIND_FLOAT: break;
      default: return std::nullopt;
    }
    if (simple && vlen != 0) return std::nullopt;
    if (!fits(begin + record_bytes, tail, types_end_) || !is_there(begin, begin + record_bytes + tail))
      return std::nullopt;
    return names_ok(begin + record_bytes, BTF_INFO_KIND(type.info), vlen) && references_ok(begin)
               ? std::optional(record_bytes + tail)
               : std::nullopt;
  }

  bool names_ok(std::size_t begin, unsigned kind, std::size_t vlen) const {
    for (std::size_t index = 0; index < vlen; ++index) {
      if (kind == BTF_KIND_STRUCT || kind == BTF_KIND_UNION) {
        if (!name_ok(at<btf_member>(begin + index * sizeof(btf_member)).name_off)) return false;
      } else if (kind == BTF_KIND_FUNC_PROTO) {
        if (!name_ok(at<btf_param>(begin + index * sizeof(btf_param)).name_off)) return false;
      }
    }
    return true;
  }

  /// None leads beyond the most types there can be: what stands for the lost ones takes room for all below the highest.
  bool references_ok(std::size_t begin) const {
    bool fine = true;
    visit_references(static_cast<std::uint32_t>(begin),
                     [&](std::uint32_t target, Meets) { fine = fine && type_ok(target); });
    return fine;
  }

  /// The first place at or behind `from` that records follow from, in the bytes up to the next hole.
  std::optional<std::size_t> synchronise(std::size_t from) const {
    const std::size_t stop = std::min(next_hole(from), types_end_);
    for (std::size_t start = (from + 3) / 4 * 4; start < stop && start - from < longest_record; start += 4) {
      std::size_t end = start;
      unsigned count = 0;
      while (count < enough_in_a_row) {
        const auto length = record_length(end);
        if (!length) break;
        end += *length;
        ++count;
      }
      // Fewer will do where the types end there.
      if (count == enough_in_a_row || (count > 0 && end == types_end_)) return start;
    }
    return std::nullopt;
  }

  void find_runs() {
    std::size_t from = types_;
    while (from < types_end_) {
      // What lies at the very beginning is a record; behind a hole one has to be looked for.
      std::optional<std::size_t> start;
      if (from == types_ && record_length(from)) start = from;
      if (!start && (from != types_ || hole_end(from))) start = synchronise(hole_end(from).value_or(from));
      if (start) {
        Run run{*start, *start, {}, 0};
        while (const auto length = record_length(run.end)) {
          run.records.push_back(static_cast<std::uint32_t>(run.end));
          run.end += *length;
        }
        from = run.end;
        runs_.push_back(std::move(run));
        if (from >= types_end_) return;
      }
      // On behind the hole that ended the records, or that none could be found before.
      const auto behind = hole_end(next_hole(from));
      if (!behind) return;
      from = *behind;
    }
  }

  unsigned kind_at(std::uint32_t offset) const { return BTF_INFO_KIND(at<btf_type>(offset).info); }

  void collect_references() {
    for (const Run& run : runs_)
      for (const std::uint32_t offset : run.records)
        visit_references(offset, [this](std::uint32_t target, Meets kind) {
          if (target != 0) references_.push_back({target, kind});
        });
    std::ranges::sort(references_, {}, &Reference::target);
  }

  /// Calls `see` with each type number in the record and what it has to meet.
  template <class See>
  void visit_references(std::uint32_t offset, See&& see) const {
    const auto type = at<btf_type>(offset);
    const std::size_t tail = offset + record_bytes;
    const auto entries = [&]<class Entry>(Entry, Meets kind) {
      for (std::size_t entry = 0; entry < BTF_INFO_VLEN(type.info); ++entry)
        see(at<Entry>(tail + entry * sizeof(Entry)).type, kind);
    };
    switch (BTF_INFO_KIND(type.info)) {
      case BTF_KIND_STRUCT:
      case BTF_KIND_UNION: entries(btf_member{}, Meets::object); return;
      case BTF_KIND_DATASEC: entries(btf_var_secinfo{}, Meets::variable); return;
      case BTF_KIND_FUNC_PROTO:
        entries(btf_param{}, Meets::object);
        see(type.type, Meets::object);
        return;
      case BTF_KIND_ARRAY:
        see(at<btf_array>(tail).type, Meets::object);
        see(at<btf_array>(tail).index_type, Meets::object);
        return;
      case BTF_KIND_FUNC: see(type.type, Meets::prototype); return;
      case BTF_KIND_VAR: see(type.type, Meets::object); return;
      case BTF_KIND_PTR:
      case BTF_KIND_TYPEDEF:
      case BTF_KIND_VOLATILE:
      case BTF_KIND_CONST:
      case BTF_KIND_RESTRICT:
      case BTF_KIND_TYPE_TAG: see(type.type, Meets::type); return;
      default: return;
    }
  }

  static bool may_meet(Meets wanted, unsigned kind) {
    switch (wanted) {
      case Meets::prototype: return kind == BTF_KIND_FUNC_PROTO;
      case Meets::variable: return kind == BTF_KIND_VAR;
      case Meets::object:
        if (kind == BTF_KIND_FUNC_PROTO) return false;
        [[fallthrough]];
      case Meets::type:
        return kind != BTF_KIND_FUNC && kind != BTF_KIND_VAR && kind != BTF_KIND_DATASEC && kind != BTF_KIND_DECL_TAG;
    }
    return false;
  }

  /// How many references meet what they should in `run`, were its first record this number. Nothing if one doesn't.
  std::optional<std::size_t> met(const Run& run, std::uint32_t first) {
    const bool is_last = run.end == types_end_;
    if (is_last && !references_.empty() && references_.back().target - first >= run.records.size()) return std::nullopt;
    auto reference = std::ranges::lower_bound(references_, first, {}, &Reference::target);
    std::size_t count = 0;
    for (; reference != references_.end() && reference->target - first < run.records.size(); ++reference) {
      ++work_;
      if (!may_meet(reference->kind, kind_at(run.records[reference->target - first]))) return std::nullopt;
      count += reference->kind == Meets::prototype || reference->kind == Meets::variable ? 1U : 0U;
    }
    return count;
  }

  /// Gives every run its number, and drops those for which there is none or more than one.
  void number_runs() {
    std::vector<Run> numbered;
    std::uint32_t next = 1;    // number of the record behind what has been numbered
    std::size_t end = types_;  // where that lies
    for (Run& run : runs_) {
      const std::size_t most_lost = (run.begin - end) / record_bytes;
      std::optional<std::uint32_t> found;
      std::size_t most_met = 0;
      bool several = false;  // numbers are as good as `found`
      if (run.begin == end) found = next;
      for (std::size_t lost = 1; run.begin != end && lost <= most_lost && work_ < most_work; ++lost) {
        ++work_;
        const auto candidate = next + static_cast<std::uint32_t>(lost);
        const auto meetings = met(run, candidate);
        if (!meetings || *meetings == 0 || *meetings < most_met) continue;
        several = *meetings == most_met;
        most_met = *meetings;
        found = candidate;
      }
      if (!found || several || work_ >= most_work) continue;
      run.first_number = *found;
      next = *found + static_cast<std::uint32_t>(run.records.size());
      end = run.end;
      numbered.push_back(std::move(run));
    }
    runs_ = std::move(numbered);
  }

  bool name_is_lost(std::uint32_t offset) const {
    if (offset == 0) return false;
    const std::size_t begin = strings_ + offset;
    const std::size_t hole = next_hole(begin);
    if (hole_end(begin)) return true;
    if (hole >= strings_end_) return false;
    const std::string_view text = as_text(data_.subspan(begin, hole - begin));
    return text.find('\0') == std::string_view::npos;
  }

  template <class T>
  void mend_name(std::vector<std::byte>& bytes, std::size_t at) {
    auto entry = load<T>(bytes, at);
    if (!name_is_lost(entry.name_off)) return;
    entry.name_off = lost_at_;
    std::memcpy(bytes.data() + at, &entry, sizeof entry);
    ++result_.lost_names;
  }

  /// Names that are lost become one that says so.
  void mend_names(std::vector<std::byte>& bytes, std::size_t offset) {
    const auto type = load<btf_type>(bytes, offset);
    mend_name<btf_type>(bytes, offset);
    for (std::size_t index = 0; index < BTF_INFO_VLEN(type.info); ++index) {
      const std::size_t tail = offset + record_bytes;
      switch (BTF_INFO_KIND(type.info)) {
        case BTF_KIND_STRUCT:
        case BTF_KIND_UNION: mend_name<btf_member>(bytes, tail + index * sizeof(btf_member)); break;
        case BTF_KIND_ENUM: mend_name<btf_enum>(bytes, tail + index * sizeof(btf_enum)); break;
        case BTF_KIND_ENUM64: mend_name<btf_enum64>(bytes, tail + index * sizeof(btf_enum64)); break;
        case BTF_KIND_FUNC_PROTO: mend_name<btf_param>(bytes, tail + index * sizeof(btf_param)); break;
        default: return;
      }
    }
  }

  void add_lost(std::vector<std::byte>& types, std::uint32_t count) {
    const btf_type lost{lost_at_, BTF_KIND_FWD << 24U, {0}};
    const auto* bytes = reinterpret_cast<const std::byte*>(&lost);
    for (std::uint32_t number = 0; number < count; ++number)
      types.insert(types.end(), bytes, bytes + sizeof lost);
    result_.lost_types += count;
  }

  /// The highest number that is referred to, so that nothing refers to a type behind the last.
  std::uint32_t highest_target() const {
    std::uint32_t highest = 0;
    for (const Run& run : runs_)
      for (const std::uint32_t offset : run.records)
        visit_references(offset, [&](std::uint32_t target, Meets) { highest = std::max(highest, target); });
    return highest;
  }

  RepairedBtf put_together() {
    std::vector<std::byte> strings(data_.begin() + static_cast<std::ptrdiff_t>(strings_),
                                   data_.begin() + static_cast<std::ptrdiff_t>(strings_end_));
    for (const BtfHole& hole : holes_) {
      const std::size_t begin = std::max(hole.begin, strings_);
      const std::size_t end = std::min(hole.end, strings_end_);
      if (begin < end)
        std::fill(strings.begin() + static_cast<std::ptrdiff_t>(begin - strings_),
                  strings.begin() + static_cast<std::ptrdiff_t>(end - strings_), std::byte{0});
    }
    if (strings.empty() || strings.back() != std::byte{0}) strings.push_back(std::byte{0});
    strings.front() = std::byte{0};
    lost_at_ = static_cast<std::uint32_t>(strings.size());
    const auto* name = reinterpret_cast<const std::byte*>(lost_name);
    strings.insert(strings.end(), name, name + std::strlen(lost_name) + 1);

    std::vector<std::byte> types;
    std::uint32_t next = 1;
    for (const Run& run : runs_) {
      add_lost(types, run.first_number - next);
      std::vector<std::byte> records(data_.begin() + static_cast<std::ptrdiff_t>(run.begin),
                                     data_.begin() + static_cast<std::ptrdiff_t>(run.end));
      for (const std::uint32_t offset : run.records)
        mend_names(records, offset - run.begin);
      types.insert(types.end(), records.begin(), records.end());
      next = run.first_number + static_cast<std::uint32_t>(run.records.size());
    }
    const std::uint32_t highest = highest_target();
    if (highest >= next) add_lost(types, highest + 1 - next), next = highest + 1;
    result_.types = next - 1;

    btf_header head{};
    head.magic = BTF_MAGIC;
    head.version = BTF_VERSION;
    head.hdr_len = head_bytes;
    head.type_len = static_cast<std::uint32_t>(types.size());
    head.str_off = head.type_len;
    head.str_len = static_cast<std::uint32_t>(strings.size());
    const auto* bytes = reinterpret_cast<const std::byte*>(&head);
    result_.bytes.assign(bytes, bytes + sizeof head);
    result_.bytes.insert(result_.bytes.end(), types.begin(), types.end());
    result_.bytes.insert(result_.bytes.end(), strings.begin(), strings.end());
    return std::move(result_);
  }

  std::span<const std::byte> data_;
  std::span<const BtfHole> holes_;
  std::size_t types_ = 0, types_end_ = 0, strings_ = 0, strings_end_ = 0;
  std::vector<Run> runs_;
  std::vector<Reference> references_;
  std::uint64_t work_ = 0;
  std::uint32_t lost_at_ = 0;
  RepairedBtf result_;
};

}  // namespace

Result<RepairedBtf> repair_btf(std::span<const std::byte> data, std::span<const BtfHole> holes) {
  return Repair(data, holes).run();
}

}  // namespace alicia::types

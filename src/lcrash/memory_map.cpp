// SPDX-License-Identifier: GPL-3.0-or-later
//
// An mm_struct holds its areas in a maple tree, before Linux 6.1 in a list. What an area maps is a file, or, as
// /proc/PID/maps has it, where it lies: around the break it is the heap, around the first stack pointer the stack; the
// kernel's own mappings have their name in a vm_special_mapping.
#include "lcrash/memory_map.hpp"

#include <fmt/format.h>

#include <array>
#include <unordered_set>
#include <utility>

#include "lcrash/record.hpp"
#include "lcrash/resolve.hpp"
#include "types/containers.hpp"

namespace alicia::lcrash {
namespace {

constexpr std::size_t kMostAreas = std::size_t{1} << 20;
constexpr unsigned kDeepestPath = 1000;

AreaList follow_list(target::Target& target, VirtualAddress first, const Cancellation& cancellation) {
  AreaList list;
  std::unordered_set<std::uint64_t> met;
  for (VirtualAddress at = first; at.value != 0 && !cancellation.requested();) {
    if (!met.insert(at.value).second || met.size() > kMostAreas) {
      list.broken = Error{ErrorCode::corrupt, fmt::format("the list of areas has no end at {:#x}", at.value), at.value};
      break;
    }
    list.areas.push_back(at);
    const auto area = Record::at(target, "struct vm_area_struct", at);
    const auto next = area ? area->pointer("vm_next") : Result<VirtualAddress>(failure(area));
    if (!next) {
      list.broken = next.error();
      break;
    }
    at = *next;
  }
  return list;
}

/// From a file's name up to the root of its file system, and on where that is mounted.
class PathReader {
 public:
  explicit PathReader(target::Target& target) : target_(target) {}

  std::string of_file(VirtualAddress file) {
    if (!start(file)) return "?";
    std::string path;
    for (unsigned step = 0; step < kDeepestPath; ++step) {
      const auto at_root = is_root();
      if (!at_root) return "?" + path;
      if (*at_root) {
        const auto climbed = climb();
        if (!climbed) return "?" + path;
        if (!*climbed) return path.empty() ? "/" : path;
        continue;
      }
      const auto dentry = Record::at(target_, "struct dentry", dentry_);
      const auto name = dentry ? dentry->text("d_name.name") : Result<std::string>(failure(dentry));
      const auto parent = dentry ? dentry->pointer("d_parent") : Result<VirtualAddress>(failure(dentry));
      if (!name || !parent) return "?" + path;
      if (*parent == dentry_) return *name + path;  // of no file system that could be mounted: memfd, SysV memory
      path = "/" + *name + path;
      dentry_ = *parent;
    }
    return "?" + path;
  }

 private:
  bool start(VirtualAddress file) {
    const auto record = Record::at(target_, "struct file", file);
    const auto dentry = record ? record->pointer("f_path.dentry") : Result<VirtualAddress>(failure(record));
    const auto mount = record ? record->pointer("f_path.mnt") : Result<VirtualAddress>(failure(record));
    if (!dentry || !mount) return false;
    dentry_ = *dentry;
    vfsmount_ = *mount;
    return true;
  }

  Result<bool> is_root() const {
    const auto mount = Record::at(target_, "struct vfsmount", vfsmount_);
    const auto root = mount ? mount->pointer("mnt_root") : Result<VirtualAddress>(failure(mount));
    return root.map([this](VirtualAddress at) { return at == dentry_; });
  }

  /// To where this file system is mounted. False at the top.
  Result<bool> climb() {
    const auto type = target_.types().find("struct mount");
    if (!type) return failure(type);
    const auto inside = types::field_at(target_.types(), *type, "mnt");
    if (!inside) return failure(inside);
    const std::uint64_t offset = inside->bit_offset / 8;
    const VirtualAddress here{vfsmount_.value - offset};
    const auto mount = Record::at(target_, "struct mount", here);
    const auto parent = mount ? mount->pointer("mnt_parent") : Result<VirtualAddress>(failure(mount));
    if (!parent) return failure(parent);
    if (*parent == here) return false;
    const auto point = mount->pointer("mnt_mountpoint");
    if (!point) return failure(point);
    dentry_ = *point;
    vfsmount_ = *parent + offset;
    return true;
  }

  target::Target& target_;
  VirtualAddress dentry_, vfsmount_;
};

std::string permissions_of(std::uint64_t flags) {
  constexpr std::array<std::pair<unsigned, char>, 3> letters{{{1, 'r'}, {2, 'w'}, {4, 'x'}}};
  constexpr unsigned may_share = 0x80;
  std::string text;
  for (const auto& [bit, letter] : letters)
    text += (flags & bit) != 0 ? letter : '-';
  return text + ((flags & may_share) != 0 ? 's' : 'p');
}

/// What the kernel calls an area that it made itself; nothing of others.
std::string special_name(target::Target& target, const Record& area) {
  const auto operations = target.symbol("special_mapping_vmops");
  const auto mine = area.pointer("vm_ops");
  const auto data = area.pointer("vm_private_data");
  if (!operations || !mine || !data || *mine != operations->address) return {};
  const auto mapping = Record::at(target, "struct vm_special_mapping", *data);
  return mapping ? mapping->text("name").value_or("") : "";
}

std::string name_without_file(target::Target& target, const Record& mm, const Record& area, const MemoryArea& place) {
  if (auto name = special_name(target, area); !name.empty()) return name;
  const auto number = [&mm](std::string_view path) { return VirtualAddress{mm.number({path}).value_or(0)}; };
  if (place.begin <= number("brk") && place.end >= number("start_brk")) return "[heap]";
  const VirtualAddress stack = number("start_stack");
  return place.begin <= stack && place.end >= stack ? "[stack]" : "";
}

}  // namespace

Result<AreaList> list_areas(target::Target& target, VirtualAddress mm, const Cancellation& cancellation) {
  const auto record = Record::at(target, "struct mm_struct", mm);
  if (!record) return failure(record);
  if (!record->has("mm_mt")) {
    const auto first = record->pointer("mmap");
    if (!first) return failure(first);
    return follow_list(target, *first, cancellation);
  }
  const auto tree = record->place("mm_mt");
  if (!tree) return failure(tree);
  auto walk = types::walk_maple_tree(target.memory(), target.types(), *tree, {kMostAreas, &cancellation});
  AreaList list{{}, std::move(walk.broken)};
  for (const types::Slot& slot : walk.entries)
    if (!slot.is_value) list.areas.push_back(target.types().wrap(VirtualAddress{slot.entry}));
  return list;
}

Result<MemoryArea> read_area(target::Target& target, VirtualAddress mm, VirtualAddress area) {
  const auto space = Record::at(target, "struct mm_struct", mm);
  if (!space) return failure(space);
  const auto record = Record::at(target, "struct vm_area_struct", area);
  if (!record) return failure(record);
  const auto begin = record->pointer("vm_start");
  const auto end = record->pointer("vm_end");
  const auto flags = record->number("vm_flags");
  const auto pages = record->number("vm_pgoff");
  const auto file = record->pointer("vm_file");
  if (!begin) return failure(begin);
  if (!end) return failure(end);
  if (!flags) return failure(flags);
  if (!pages) return failure(pages);
  if (!file) return failure(file);
  MemoryArea read{*begin, *end, permissions_of(*flags), 0, {}};
  if (file->value == 0) {
    read.name = name_without_file(target, *space, *record, read);
  } else {
    read.offset = *pages * page_size(target);
    read.name = PathReader(target).of_file(*file);
  }
  return read;
}

}  // namespace alicia::lcrash

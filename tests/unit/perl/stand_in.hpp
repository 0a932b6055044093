// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// A little kernel made by hand, behind the debugger port: enough symbols, types and memory for the API to be tried on
// without a dump. Its tasks are init (0), kthreadd (2) and sleep (7), on a circular list.

#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "debugger/debugger.hpp"
#include "session/session.hpp"

namespace alicia::test {

class StandInTypes final : public types::TypeSource {
 public:
  StandInTypes() {
    add({});  // void
    integer("char", 1, types::Encoding::character);
    integer("unsigned char", 1, types::Encoding::unsigned_character);
    integer("int", 4, types::Encoding::signed_);
    integer("unsigned int", 4, types::Encoding::unsigned_);
    integer("long int", 8, types::Encoding::signed_);
    integer("unsigned long", 8, types::Encoding::unsigned_);
    const auto list = structure("list_head", 16);
    const auto list_pointer = pointer(list);
    member(list, "next", list_pointer, 0);
    member(list, "prev", list_pointer, 8);
    const auto task = structure("task_struct", 128);
    const auto mm = structure("mm_struct", 32);
    member(mm, "owner", pointer(task), 0);
    member(mm, "total_vm", id("unsigned long"), 8);
    member(mm, "name", pointer(id("char")), 16);
    member(task, "comm", array(id("char"), 16), 0);
    member(task, "pid", id("int"), 16);
    member(task, "flags", id("unsigned int"), 20);
    member(task, "mm", pointer(mm), 24);
    member(task, "tasks", list, 32);
    member(task, "bits", array(id("unsigned long"), 2), 48);
    member(task, "start", id("unsigned long"), 64);
    member(task, "mac", array(id("unsigned char"), 6), 72);
    member(task, "stack", pointer(0), 80);
    types_[task].members.push_back({"on_cpu", id("unsigned int"), 88 * 8 + 3, 2});
  }

  std::optional<types::TypeId> find(types::Tag tag, std::string_view name) override {
    const auto found = members_.find(std::string(name));
    if (found == members_.end()) return std::nullopt;
    const types::Kind kind = types_[found->second].kind;
    if (tag == types::Tag::structure && kind != types::Kind::structure) return std::nullopt;
    if (tag == types::Tag::base && kind != types::Kind::integer) return std::nullopt;
    if (tag == types::Tag::union_ || tag == types::Tag::enumeration || tag == types::Tag::typedef_) return std::nullopt;
    return found->second;
  }
  const types::Type& type(types::TypeId id) override { return types_.at(id); }

 private:
  types::TypeId add(types::Type type) {
    types_.push_back(std::move(type));
    return static_cast<types::TypeId>(types_.size() - 1);
  }
  types::TypeId id(const std::string& name) const { return members_.at(name); }
  void integer(const std::string& name, std::uint64_t size, types::Encoding encoding) {
    types::Type type;
    type.kind = types::Kind::integer;
    type.name = name;
    type.size = size;
    type.encoding = encoding;
    members_[name] = add(type);
  }
  types::TypeId structure(const std::string& name, std::uint64_t size) {
    types::Type type;
    type.kind = types::Kind::structure;
    type.name = name;
    type.size = size;
    return members_[name] = add(type);
  }
  types::TypeId pointer(types::TypeId target) {
    types::Type type;
    type.kind = types::Kind::pointer;
    type.size = 8;
    type.target = target;
    return add(type);
  }
  types::TypeId array(types::TypeId element, std::uint64_t count) {
    types::Type type;
    type.kind = types::Kind::array;
    type.target = element;
    type.count = count;
    type.size = 0;
    return add(type);
  }
  void member(types::TypeId structure, const std::string& name, types::TypeId type, std::uint64_t offset) {
    types_[structure].members.push_back({name, type, offset * 8, 0});
  }

  std::vector<types::Type> types_;
  std::map<std::string, types::TypeId> members_;
};

class StandInKernel : public debugger::Debugger {
 public:
  static constexpr std::uint64_t kBase = 0xffff888000001000;
  static constexpr std::uint64_t kTasks[3] = {kBase + 0x100, kBase + 0x200, kBase + 0x300};
  static constexpr std::uint64_t kMm = kBase + 0x400;
  static constexpr std::uint64_t kText = kBase + 0x500;

  StandInKernel() : memory_(0x1000) {
    const char* names[] = {"swapper/0", "kthreadd", "sleep"};
    const std::int32_t pids[] = {0, 2, 7};
    for (unsigned i = 0; i < 3; ++i) {
      const std::uint64_t task = kTasks[i];
      put(task, names[i], std::strlen(names[i]) + 1);
      put(task + 16, &pids[i], 4);
      put64(task + 24, i == 2 ? kMm : 0);
      put64(task + 32, kTasks[(i + 1) % 3] + 32);
      put64(task + 40, kTasks[(i + 2) % 3] + 32);
      put64(task + 48, 0x8000000000000001);
      put64(task + 56, 2);
      put64(task + 64, 0xfffffffffffffffe);
      put64(task + 80, 0xffffc90000000000);
      put64(task + 88, 2 << 3);
    }
    put64(kMm, kTasks[2]);
    put64(kMm + 8, 300);
    put64(kMm + 16, kText);
    const char banner[] = "Linux version 6.1 (stand-in)\n";
    put(kText, banner, sizeof banner);
    symbols_ = {{"init_task", kTasks[0]}, {"linux_banner", kText}, {"a_mm", kMm}};
  }

  void put(std::uint64_t address, const void* bytes, std::size_t count) {
    std::memcpy(memory_.data() + (address - kBase), bytes, count);
  }
  void put64(std::uint64_t address, std::uint64_t value) { put(address, &value, 8); }

  Result<void> read(VirtualAddress address, std::span<std::byte> out) const override {
    const std::uint64_t end = kBase + memory_.size();
    if (address.value < kBase || address.value >= end) return absent(address.value);
    if (out.size() > end - address.value) return absent(end);
    std::memcpy(out.data(), memory_.data() + (address.value - kBase), out.size());
    return {};
  }
  std::string_view name() const override { return "crash"; }
  void start_in_background() override {}
  bool has_command(std::string_view word) const override { return word == "ps"; }
  std::vector<std::string> commands() const override { return {"ps"}; }
  Result<void> run(std::string_view line, Output& output) override {
    if (line == "ps") {
      output.write("PID COMM\n0 swapper/0\n");
      return {};
    }
    output.write("crash: command not found: bogus\n");
    return failure(ErrorCode::debugger_error, "crash: command not found: bogus");
  }
  Result<VirtualAddress> symbol_address(std::string_view name) override {
    const auto found = symbols_.find(std::string(name));
    if (found == symbols_.end()) return failure(ErrorCode::no_such_symbol, "no symbol `" + std::string(name) + "`");
    return VirtualAddress{found->second};
  }
  std::unique_ptr<types::TypeSource> type_source() override { return std::make_unique<StandInTypes>(); }
  unsigned pointer_bytes() override { return 8; }
  void stop() override {}

 private:
  static Result<void> absent(std::uint64_t address) {
    return failure(ErrorCode::page_excluded, "cannot read there: page excluded from the dump", address);
  }

  std::vector<std::byte> memory_;
  std::map<std::string, std::uint64_t> symbols_;
};

}  // namespace alicia::test

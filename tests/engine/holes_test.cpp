// SPDX-License-Identifier: GPL-3.0-or-later
// Each page of the tables that a dump is opened by is left out in turn: Alicia starts with what remains, says what is
// lost, and what it still tells is what the whole dump told. Some pages of each table; with ALICIA_FULL every one.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <map>
#include <sstream>

#include "engine/factory.hpp"
#include "engine/holed_dump.hpp"
#include "target/target.hpp"

namespace alicia::target {
namespace {

constexpr std::uint64_t page_bytes = 4096;

/// What the whole dump told.
class Holes : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    std::map<std::string, unsigned> count;
    whole_->for_each_symbol([&](const symbols::Symbol& symbol) {
      ++count[symbol.name];
      if (!symbol.module.empty() && symbol.type == 't') module_address_ = symbol.address;
      return true;
    });
    unsigned number = 0;
    for (const auto& [name, times] : count)
      if (times == 1 && ++number % 97 == 0) symbols_.emplace(name, whole_->symbol(name)->address.value);
    for (const char* name : {"struct task_struct", "struct page", "struct list_head", "struct module", "struct file",
                             "struct inode", "struct mm_struct", "struct sock", "struct kmem_cache", "struct rq"})
      layouts_.emplace(name, layout(*whole_, name).value());
  }

  /// The struct's size and its members' places.
  static Result<std::string> layout(Target& target, const char* name) {
    auto& types = target.types();
    const auto type = types.find(name);
    if (!type) return failure(type);
    const types::Type& described = types.describe(*type);
    std::string text = std::to_string(described.size);
    for (const types::Member& member : described.members)
      text += fmt::format(" {} {}", member.name == "(lost)" ? "?" : member.name, member.bit_offset);
    return text;
  }

  /// Whether two layouts differ in no more than lost names.
  static bool agree(const std::string& found, const std::string& whole) {
    const auto words = [](const std::string& text) {
      std::istringstream stream(text);
      return std::vector<std::string>(std::istream_iterator<std::string>(stream), {});
    };
    return std::ranges::equal(words(found), words(whole),
                              [](const auto& one, const auto& other) { return one == other || one == "?"; });
  }

  std::vector<std::uint64_t> frames(VirtualAddress begin, std::uint64_t bytes) const {
    std::vector<std::uint64_t> found;
    for (std::uint64_t page = begin.value / page_bytes; page <= (begin.value + bytes - 1) / page_bytes; ++page) {
      const auto physical = whole_->translator().translate(VirtualAddress{page * page_bytes});
      if (physical) found.push_back(physical->physical.value / page_bytes);
    }
    if (std::getenv("ALICIA_FULL") != nullptr) return found;
    std::vector<std::uint64_t> some;
    const std::size_t step = std::max<std::size_t>(found.size() / 6, 1);
    for (std::size_t at = 0; at < found.size(); at += step)
      some.push_back(found[at]);
    if (!found.empty() && some.back() != found.back()) some.push_back(found.back());
    return some;
  }
  std::vector<std::uint64_t> frames_between(const char* from, const char* to) const {
    const VirtualAddress begin = whole_->symbol(from)->address;
    return frames(begin, whole_->symbol(to)->address - begin);
  }

  /// Opens the dump without these pages.
  std::unique_ptr<Target> open_without(const std::set<std::uint64_t>& frames) {
    if (!holed_.take_out(frames)) return nullptr;
    const Cancellation cancellation;
    Files files;
    files.dump = {holed_.path()};
    files.debug_folder.clear();
    auto target = Target::open(files, cancellation);
    EXPECT_TRUE(target) << target.error().message;
    return target ? std::move(*target) : nullptr;
  }

  /// What is still told has to be true; how many symbols are.
  std::size_t true_symbols(const Target& target) const {
    std::size_t found = 0;
    for (const auto& [name, address] : symbols_) {
      const auto symbol = target.symbol(name);
      if (!symbol) continue;
      ++found;
      EXPECT_EQ(symbol->address.value, address) << name;
    }
    return found;
  }

  std::unique_ptr<Target> whole_ = test::open_scenario(GetParam());
  test::HoledDump holed_{test::scenario(GetParam()) / "dump.kdump"};
  std::map<std::string, std::uint64_t> symbols_;
  std::map<std::string, std::string> layouts_;
  VirtualAddress module_address_;  ///< of a module's symbol
};

INSTANTIATE_TEST_SUITE_P(Dumps, Holes, testing::Values("sysrq-6.1", "sysrq-6.12"),
                         [](const auto& kernel) { return kernel.param == "sysrq-6.1" ? "v6_1" : "v6_12"; });

TEST_P(Holes, APageOfTheTypes) {
  unsigned looked_at = 0;
  for (const std::uint64_t frame : frames_between("__start_BTF", "__stop_BTF")) {
    const auto target = open_without({frame});
    ASSERT_TRUE(target);
    EXPECT_THAT(target->warnings(), testing::Contains(testing::HasSubstr("types (BTF)")));
    unsigned same = 0;
    for (const auto& [name, expected] : layouts_) {
      const auto found = layout(*target, name.c_str());
      if (!found) {
        EXPECT_THAT(found.error().message, testing::HasSubstr("lost")) << name;
        continue;
      }
      EXPECT_TRUE(agree(*found, expected)) << name << " without frame " << frame << ": " << *found;
      same += *found == expected ? 1U : 0U;
    }
    EXPECT_GE(same, layouts_.size() / 2) << "without frame " << frame << ", which may hold the names of some";
    EXPECT_GE(true_symbols(*target), symbols_.size() * 9 / 10) << "modules' may need a type that is lost";
    ++looked_at;
  }
  EXPECT_GT(looked_at, 5U);
}

TEST_P(Holes, APageOfTheSymbols) {
  std::vector<std::uint64_t> addresses;
  for (const char* table : {"names", "num_syms", "token_table", "token_index", "offsets", "relative_base"})
    addresses.push_back(whole_->vmcoreinfo().symbol(fmt::format("kallsyms_{}", table))->value);
  const auto [first, last] = std::ranges::minmax(addresses);
  for (const std::uint64_t frame : frames(VirtualAddress{first}, last - first + 512)) {
    const auto target = open_without({frame});
    ASSERT_TRUE(target) << "without frame " << frame;
    const std::size_t found = true_symbols(*target);
    if (found < symbols_.size()) {
      EXPECT_THAT(target->warnings(), testing::Contains(testing::HasSubstr("symbol"))) << "without frame " << frame;
    } else {  // kallsyms_seqs_of_names, which Alicia does without, lies among the tables
      EXPECT_THAT(target->warnings(), testing::Contains(testing::HasSubstr("missing"))) << "without frame " << frame;
    }
    EXPECT_TRUE(target->symbol("init_task") || target->symbol("init_uts_ns")) << "without frame " << frame;
  }
}

TEST_P(Holes, APageOfThePageTables) {
  for (const char* table : {"init_top_pgt", "level3_kernel_pgt", "level2_kernel_pgt"}) {
    const auto symbol = whole_->symbol(table);
    if (!symbol) continue;
    const auto target = open_without({whole_->translator().translate(symbol->address)->physical.value / page_bytes});
    ASSERT_TRUE(target) << table;
    EXPECT_THAT(target->warnings(), testing::Contains(testing::HasSubstr("page tables"))) << table;
    EXPECT_GT(true_symbols(*target), symbols_.size() / 2) << table;
    EXPECT_EQ(layout(*target, "struct task_struct").value_or("none"), layouts_["struct task_struct"]) << table;
  }
}

/// Neither the kernel's own tables nor a way to where it keeps the rest: a task's tables and VMCOREINFO do.
TEST_P(Holes, TheTopPageTableAndASymbolTable) {
  const auto frame_of = [&](VirtualAddress address) {
    return whole_->translator().translate(address)->physical.value / page_bytes;
  };
  const std::uint64_t top = frame_of(whole_->symbol("init_top_pgt")->address);
  for (const char* table : {"kallsyms_names", "kallsyms_num_syms", "kallsyms_token_table", "kallsyms_offsets"}) {
    const auto target = open_without({top, frame_of(*whole_->vmcoreinfo().symbol(table))});
    ASSERT_TRUE(target) << table;
    EXPECT_THAT(target->warnings(), testing::Contains(testing::HasSubstr("page tables"))) << table;
    EXPECT_THAT(target->warnings(), testing::Contains(testing::HasSubstr("symbols"))) << table;
    true_symbols(*target);
    EXPECT_EQ(target->symbol("init_uts_ns")->address, whole_->symbol("init_uts_ns")->address) << table;
    // Outside of the image and of the map of all memory, where only tables lead.
    std::byte byte{};
    EXPECT_TRUE(target->memory().read(module_address_, std::span(&byte, 1))) << table;
  }
}

TEST_P(Holes, APageThatOneSymbolLiesIn) {
  for (const char* name : {"init_task", "__per_cpu_offset", "prb", "modules", "nr_cpu_ids", "slab_caches"}) {
    const auto symbol = whole_->symbol(name);
    ASSERT_TRUE(symbol) << name;
    const auto physical = whole_->translator().translate(symbol->address)->physical;
    const auto target = open_without({physical.value / page_bytes});
    ASSERT_TRUE(target) << name;
    EXPECT_THAT(target->warnings(), testing::Not(testing::IsEmpty())) << name;
    EXPECT_TRUE(target->symbol(name)) << name;
    EXPECT_EQ(layout(*target, "struct task_struct").value_or("none"), layouts_["struct task_struct"]) << name;
    std::byte byte{};
    const auto read = target->memory().read(symbol->address, std::span(&byte, 1));
    ASSERT_FALSE(read) << name;
    EXPECT_EQ(read.error().code, ErrorCode::page_excluded) << name;
  }
}

TEST_P(Holes, APageOfTheKernelLog) {
  std::uint64_t log = 0;
  ASSERT_TRUE(whole_->memory().read(whole_->symbol("log_buf")->address, std::as_writable_bytes(std::span(&log, 1))));
  std::uint32_t bytes = 0;
  ASSERT_TRUE(
      whole_->memory().read(whole_->symbol("log_buf_len")->address, std::as_writable_bytes(std::span(&bytes, 1))));
  unsigned looked_at = 0;
  for (const std::uint64_t frame : frames(VirtualAddress{log}, bytes)) {
    const auto target = open_without({frame});
    if (!target) continue;  // never written to, and not in the whole dump
    ++looked_at;
    EXPECT_THAT(target->warnings(), testing::Contains(testing::HasSubstr("kernel log")));
  }
  EXPECT_GT(looked_at, 0U);
}

}  // namespace
}  // namespace alicia::target

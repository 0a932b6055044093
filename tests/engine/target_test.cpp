// SPDX-License-Identifier: GPL-3.0-or-later
#include "target/target.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <random>
#include <sstream>

#include "arch/x86_64/page_tables.hpp"
#include "engine/factory.hpp"
#include "target/declarations.hpp"

namespace alicia::target {
namespace {

using testing::HasSubstr;

template <class T>
T read_at(const MemoryReader& memory, VirtualAddress address) {
  T value{};
  const auto read = memory.read(address, std::as_writable_bytes(std::span(&value, 1)));
  EXPECT_TRUE(read) << read.error().message;
  return value;
}

class Kernel : public testing::TestWithParam<std::string> {
 protected:
  std::filesystem::path truth(const std::string& name) const { return test::scenario(GetParam()) / "truth" / name; }
  void SetUp() override {
    if (!test::in_this_run(GetParam())) GTEST_SKIP() << "with ALICIA_FULL";
    target = test::open_scenario(GetParam());
  }
  std::unique_ptr<Target> target;
};

INSTANTIATE_TEST_SUITE_P(Dumps, Kernel, testing::Values("sysrq-6.1", "sysrq-6.12", "sysrq-5.10"),
                         [](const auto& kernel) { return test::kernel_name(kernel.param); });

/// `ADDRESS TYPE NAME MODULE` lines, sorted. What the kernel generates while it runs is in no table: BPF programs,
/// ftrace's and kprobes' trampolines.
std::vector<std::string> guest_symbols(const std::filesystem::path& file) {
  std::vector<std::string> lines;
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    std::istringstream words(line);
    std::string address, type, name, module;
    words >> address >> type >> name >> module;
    if (module == "[bpf]" || module.starts_with("[__builtin")) continue;
    lines.push_back(fmt::format("{} {} {} {}", address, type, name, module));
  }
  std::ranges::sort(lines);
  return lines;
}

TEST_P(Kernel, EverySymbolIsTheOneTheGuestListed) {
  const auto expected = guest_symbols(truth("proc/kallsyms"));
  ASSERT_GT(expected.size(), 80'000U);
  std::vector<std::string> ours;
  target->for_each_symbol([&](const symbols::Symbol& symbol) {
    const std::string module = symbol.module.empty() ? "" : "[" + symbol.module + "]";
    ours.push_back(fmt::format("{:016x} {} {} {}", symbol.address.value, symbol.type, symbol.name, module));
    return true;
  });
  std::ranges::sort(ours);
  ASSERT_EQ(ours.size(), expected.size());
  EXPECT_TRUE(ours == expected);
}

TEST_P(Kernel, EveryNameAndAddressLeadsBack) {
  std::map<std::string, std::uint64_t> lowest_in_kernel, lowest_in_modules;
  target->for_each_symbol([&](const symbols::Symbol& symbol) {
    auto& lowest = symbol.module.empty() ? lowest_in_kernel : lowest_in_modules;
    const auto [entry, is_new] = lowest.try_emplace(symbol.name, symbol.address.value);
    if (!is_new) entry->second = std::min(entry->second, symbol.address.value);
    return true;
  });
  for (const auto& [name, address] : lowest_in_modules)
    lowest_in_kernel.try_emplace(name, address);
  const std::uint64_t text = target->symbol("_text")->address.value;
  unsigned told = 0;
  for (const auto& [name, address] : lowest_in_kernel) {
    const auto found = target->symbol(name);
    ASSERT_TRUE(found) << name;
    ASSERT_EQ(found->address.value, address) << name;
    if (address < text) continue;  // a per-CPU offset
    const auto at = target->symbol_at(VirtualAddress{address});
    if (!at) continue;  // a module's section that was freed after its start
    ++told;
    ASSERT_EQ(at->offset, 0U) << name;
    ASSERT_EQ(at->symbol.address.value, address) << name;
  }
  EXPECT_GT(told, 80'000U);
}

TEST_P(Kernel, TheFirstTaskIsTheIdleTask) {
  const auto task = target->symbol("init_task");
  ASSERT_TRUE(task);
  types::TypeSystem& types = target->types();
  const auto type = target->type_of_symbol("init_task");
  ASSERT_TRUE(type) << type.error().message;
  EXPECT_EQ(types.spell(*type), "struct task_struct");
  const auto comm = types.member(*type, "comm");
  ASSERT_TRUE(comm);
  const auto name = read_at<std::array<char, 16>>(target->memory(), task->address + comm->bit_offset / 8);
  EXPECT_STREQ(name.data(), "swapper/0");
}

TEST_P(Kernel, ModulesTypesAreFoundBehindTheKernels) {
  types::TypeSystem& types = target->types();
  EXPECT_TRUE(types.find("struct task_struct"));
  const auto of_module = types.find("struct virtio_blk");  // virtio_blk is a module in one of them, built in nowhere
  // The BTF of modules is kept since 5.11.
  const bool kept = target->kernel_symbol("btf_modules").has_value();
  EXPECT_EQ(of_module.has_value(), kept && target->symbol("virtblk_probe").has_value());
  EXPECT_FALSE(types.find("struct no_such_struct_anywhere"));
}

TEST_P(Kernel, CpusAreTheGuests) {
  std::ifstream stat(truth("proc/stat"));
  std::vector<unsigned> cpus;
  for (std::string line; std::getline(stat, line);)
    if (line.starts_with("cpu") && line[3] != ' ') cpus.push_back(static_cast<unsigned>(std::stoul(line.substr(3))));
  EXPECT_EQ(target->online_cpus(), cpus);
  EXPECT_EQ(target->possible_cpus(), cpus.size());
  const auto number = target->symbol("cpu_number");
  if (!number) return;  // 6.12 keeps it in struct pcpu_hot
  for (const unsigned cpu : cpus)
    EXPECT_EQ(read_at<std::uint32_t>(target->memory(), number->address + *target->per_cpu_offset(cpu)), cpu);
  EXPECT_EQ(target->per_cpu_offset(static_cast<unsigned>(cpus.size())).error().code, ErrorCode::bad_argument);
}

TEST_P(Kernel, TheDirectMapMapsMemoryInARow) {
  const VirtualAddress base{read_at<std::uint64_t>(target->memory(), target->symbol("page_offset_base")->address)};
  std::mt19937_64 random(20051129);
  const std::uint64_t pages = target->dump().info().max_page_frame;
  unsigned translated = 0, read = 0;
  for (int round = 0; round < 10'000; ++round) {
    const PhysicalAddress physical{random() % (pages * 4096)};
    const auto found = target->translator().translate(base + physical.value);
    if (!found) continue;  // no RAM there
    ++translated;
    ASSERT_EQ(found->physical, physical);
    std::array<std::byte, 16> through_tables{}, directly{};
    const auto one = target->memory().read(base + physical.value, through_tables);
    const auto other = target->dump().read(physical, directly);
    ASSERT_EQ(one.has_value(), other.has_value());
    if (!one) {
      ASSERT_EQ(one.error().code, other.error().code);
      continue;
    }
    ++read;
    ASSERT_EQ(through_tables, directly);
  }
  EXPECT_GT(translated, 8'000U);
  EXPECT_GT(read, 300U);
}

TEST_P(Kernel, TheImageLiesInARow) {
  const auto phys_base = target->vmcoreinfo().number("phys_base");
  ASSERT_TRUE(phys_base);
  const std::uint64_t end = target->symbol("__end_rodata")->address.value;
  unsigned checked = 0;
  for (VirtualAddress at = target->symbol("_text")->address; at.value < end; at = at + 0x3f8, ++checked) {
    const auto found = target->translator().translate(at);
    if (!found) continue;  // the gap between text and data
    ASSERT_EQ(found->physical, arch::x86_64::kernel_text_physical(at, *phys_base)) << fmt::format("{:#x}", at.value);
  }
  EXPECT_GT(checked, 10'000U);
}

/// A declaration that says more bytes than there are before the next symbol is wrong for this kernel.
TEST_P(Kernel, DeclarationsFitBetweenSymbols) {
  std::vector<symbols::Symbol> all;
  target->for_each_symbol([&](const symbols::Symbol& symbol) {
    if (symbol.module.empty()) all.push_back(symbol);
    return true;
  });
  unsigned checked = 0;
  for (std::size_t index = 0; index < all.size(); ++index) {
    const auto declared = declared_type(all[index].name);
    if (!declared) continue;
    const auto type = target->types().find(*declared);
    if (!type) {
      ADD_FAILURE() << all[index].name << ": " << type.error().message;
      continue;
    }
    std::size_t next = index + 1;
    while (next < all.size() && all[next].address == all[index].address)
      ++next;
    if (next == all.size()) continue;
    const auto size = target->types().size_of(*type);
    if (!size) continue;
    ++checked;
    EXPECT_LE(*size, all[next].address - all[index].address) << all[index].name << " " << *declared;
  }
  EXPECT_GT(checked, 200U);
}

/// The guest wrote one memory as kdump file, where zero pages are kept as such, and as ELF file, where they are gaps
/// like the excluded ones.
TEST_P(Kernel, GapsOfAnElfDumpAreZerosWhereTheyWere) {
  const auto elf = test::open_scenario(GetParam(), "dump.elf");
  const VirtualAddress base{read_at<std::uint64_t>(elf->memory(), elf->symbol("page_offset_base")->address)};
  unsigned zeros = 0, undecided = 0, excluded = 0, same = 0;
  for (std::uint64_t frame = 0; frame < elf->dump().info().max_page_frame; ++frame) {
    std::array<std::byte, 4096> one{}, other{}, raw{};
    const auto in_kdump = target->memory().read(base + frame * 4096, one);
    const auto in_elf = elf->memory().read(base + frame * 4096, other);
    const bool is_gap = !elf->dump().read(PhysicalAddress{frame * 4096}, std::span(raw));
    if (in_elf && is_gap) {
      ASSERT_TRUE(in_kdump) << fmt::format("frame {:#x} was excluded and is taken for zeros", frame);
      ++zeros;
    } else if (!in_elf && in_elf.error().code == ErrorCode::absent_or_zero) {
      ++(in_kdump ? undecided : excluded);
    } else if (in_elf && in_kdump) {  // the ELF file keeps some pages that the kdump file leaves out
      ++same;
    }
    if (in_elf && in_kdump) {
      ASSERT_EQ(one, other) << fmt::format("frame {:#x}", frame);
    }
  }
  EXPECT_GT(same, 10'000U);
  EXPECT_GT(zeros, 100U);
  EXPECT_GT(excluded, 50'000U);
  EXPECT_LT(undecided, zeros / 20);
}

class Damage : public testing::Test {
 protected:
  ~Damage() override { std::filesystem::remove(copy_); }
  Result<std::unique_ptr<Target>> open_part(unsigned percent) {
    const auto whole = test::scenario("sysrq-6.1") / "dump.kdump";
    std::filesystem::copy_file(whole, copy_, std::filesystem::copy_options::overwrite_existing);
    std::filesystem::resize_file(copy_, std::filesystem::file_size(whole) * percent / 100);
    const Cancellation cancellation;
    Files files;
    files.dump = {copy_};
    return Target::open(files, cancellation);
  }
  const std::filesystem::path copy_ =
      std::filesystem::temp_directory_path() / ("alicia-cut-" + std::to_string(getpid()));
};

TEST_F(Damage, HalfADumpSaysWhatLiesBeyondItsEnd) {
  const auto target = open_part(50);
  ASSERT_FALSE(target);
  EXPECT_EQ(target.error().code, ErrorCode::page_truncated);
  EXPECT_THAT(target.error().message, HasSubstr("is truncated"));
  EXPECT_THAT(target.error().message, HasSubstr("page tables"));
  EXPECT_EQ(target.error().message.find('\n'), std::string::npos);
  EXPECT_FALSE(open_part(1));
}

TEST_F(Damage, NearlyAWholeDumpOpensWithAWarning) {
  const auto target = open_part(99);
  ASSERT_TRUE(target) << target.error().message;
  ASSERT_FALSE((*target)->warnings().empty());
  EXPECT_THAT((*target)->warnings().front(), HasSubstr("is truncated"));
  EXPECT_TRUE((*target)->symbol("init_task"));
}

}  // namespace
}  // namespace alicia::target

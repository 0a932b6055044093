// SPDX-License-Identifier: GPL-3.0-or-later
// What Alicia has from the dump alone, against the debug information and the symbol map of the very same build.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "base/bulk_read.hpp"
#include "engine/factory.hpp"
#include "symbols/elf_symbols.hpp"
#include "target/declarations.hpp"
#include "target/target.hpp"
#include "types/btf_source.hpp"
#include "types/dwarf_source.hpp"
#include "types/layout.hpp"
#include "types/type_system.hpp"

namespace alicia::target {
namespace {

using types::Kind;
using types::Tag;
using types::Type;
using types::TypeRef;

/// The DWARF of a scenario's kernel, read without the cache of whoever runs this.
struct DebugInformation {
  explicit DebugInformation(const std::string& scenario) {
    auto opened = types::DwarfSource::open(test::debuginfo(scenario).vmlinux, {});
    if (!opened) throw std::runtime_error(opened.error().message);
    source = opened->get();
    system.add_source(std::move(*opened));
  }
  types::DwarfSource* source = nullptr;
  types::TypeSystem system{8};
};

std::unique_ptr<types::BtfSource> btf_of(const Target& target) {
  const VirtualAddress begin = target.symbol("__start_BTF")->address;
  std::vector<std::byte> bytes(target.symbol("__stop_BTF")->address - begin);
  if (!read_region(target.memory(), begin, bytes).empty()) throw std::runtime_error("the BTF has holes");
  auto source = types::BtfSource::create(bytes);
  if (!source) throw std::runtime_error(source.error().message);
  return std::move(*source);
}

/// `OFFSET:BITS NAME` of every member and the size of its type, anonymous members opened. A forward declaration and an
/// open array have no size.
void layout_of(TypeRef structure, std::uint64_t base, unsigned depth, std::string& text) {
  const Type& described = structure.source->type(structure.id);
  for (const types::Member& member : described.members) {
    const TypeRef type = structure.source->resolve(member.type);
    const std::uint64_t at = base + member.bit_offset;
    const auto size = types::size_of(type, 8);
    fmt::format_to(std::back_inserter(text), "{}:{} {} {}\n", at, member.bitfield_bits, member.name,
                   member.bitfield_bits == 0 ? size.value_or(0) : 0);
    if (member.name.empty() && depth > 0) layout_of(types::strip(type), at, depth - 1, text);
  }
}

std::string layout_of(TypeRef structure) {
  const Type& described = structure.source->type(structure.id);
  std::string text = fmt::format("{} bytes\n", described.size);
  layout_of(structure, 0, 8, text);
  return text;
}

class Debuginfo : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    if (GetParam() != "sysrq-6.1" && std::getenv("ALICIA_FULL") == nullptr)
      GTEST_SKIP() << "its debug information is fetched for the full run only";
  }
};

INSTANTIATE_TEST_SUITE_P(Kernels, Debuginfo, testing::Values("sysrq-6.1", "sysrq-6.12"),
                         [](const auto& kernel) { return kernel.param == "sysrq-6.1" ? "v6_1" : "v6_12"; });

/// Several structs of one name (each source file may have its own) are all in BTF; of DWARF's the first is looked at,
/// and has to be one of them.
TEST_P(Debuginfo, EveryStructIsLaidOutAsDwarfSays) {
  const auto target = test::open_scenario(GetParam());
  const auto btf = btf_of(*target);
  std::map<std::pair<Kind, std::string>, std::set<std::string>> layouts;
  for (auto [id, end] = btf->range(); id < end; ++id) {
    const Type& type = btf->type(id);
    if ((type.kind == Kind::structure || type.kind == Kind::union_) && !type.name.empty())
      layouts[{type.kind, type.name}].insert(layout_of({btf.get(), id}));
  }
  ASSERT_GT(layouts.size(), 7000U);
  DebugInformation debug(GetParam());
  std::vector<std::string> missing;
  for (const auto& [name, found] : layouts) {
    const auto id = debug.source->find(name.first == Kind::union_ ? Tag::union_ : Tag::structure, name.second);
    if (!id || debug.source->type(*id).kind == Kind::forward) {
      missing.push_back(name.second);
      continue;
    }
    const std::string expected = layout_of({debug.source, *id});
    EXPECT_TRUE(found.contains(expected)) << name.second << "\nDWARF: " << expected << "BTF: " << *found.begin();
  }
  // Structs that functions define for themselves aren't at file scope, where DWARF is looked through.
  EXPECT_LT(missing.size(), 30U) << fmt::format("{}", fmt::join(missing, " "));
}

/// Globals that changed their type between 6.1, as which the table has them, and 6.12.
const std::set<std::string> changed{"block_class",             // became constant
                                    "node_data",               // has its struct's name, not the typedef
                                    "sysctl_sched_rt_period",  // became signed
                                    "uevent_seqnum"};          // became atomic

/// What the table says of a global is what the compiler said, but for lengths of arrays it leaves open.
TEST_P(Debuginfo, DeclaredGlobalsAreDwarfs) {
  const auto target = test::open_scenario(GetParam());
  DebugInformation debug(GetParam());
  std::set<std::string> names;
  target->for_each_symbol([&](const symbols::Symbol& symbol) {
    if (symbol.module.empty() && declared_type(symbol.name)) names.insert(symbol.name);
    return true;
  });
  ASSERT_GT(names.size(), 200U);
  for (const std::string& name : names) {
    const auto expected = debug.source->find_variable(name);
    if (!expected) {
      ADD_FAILURE() << name << " is no variable in DWARF";
      continue;
    }
    const auto declared = debug.system.find(*declared_type(name));
    if (!declared) {
      ADD_FAILURE() << name << ": " << declared.error().message;
      continue;
    }
    std::string in_table = debug.system.spell(*declared, name);
    std::string in_dwarf = debug.system.spell(*expected, name);
    // gcc calls a constant array of constants constant twice.
    if (in_dwarf.starts_with("const const ")) in_dwarf.erase(0, 6);
    if (const auto open = in_table.find("[]"); open != std::string::npos) {
      const auto length = in_dwarf.find('[');
      if (length != std::string::npos) in_dwarf.replace(length, in_dwarf.find(']') + 1 - length, "[]");
    }
    if (in_table == in_dwarf || (GetParam() == "sysrq-6.12" && changed.contains(name))) continue;
    // A struct without a name is spelled out in the table.
    EXPECT_EQ(layout_of(types::strip(*declared)), layout_of(types::strip(*expected)))
        << in_table << " is in DWARF " << in_dwarf;
    EXPECT_THAT(in_table, testing::HasSubstr("{")) << "is in DWARF " << in_dwarf;
  }
}

/// Linker's symbols that scripts/kallsyms.c leaves out: kallsyms' own tables, and what is no address.
const std::set<std::string> left_out{"kallsyms_names",
                                     "kallsyms_num_syms",
                                     "kallsyms_markers",
                                     "kallsyms_offsets",
                                     "kallsyms_relative_base",
                                     "kallsyms_seqs_of_names",
                                     "kallsyms_token_index",
                                     "kallsyms_token_table",
                                     "init_per_cpu__fixed_percpu_data",
                                     "init_per_cpu__gdt_page",
                                     "init_per_cpu__irq_stack_backing_store",
                                     "kexec_control_code_size",
                                     "phys_startup_64",
                                     "text_size"};

/// The map was written by the linker.
TEST_P(Debuginfo, EverySymbolIsTheMaps) {
  const auto target = test::open_scenario(GetParam());
  std::set<std::string> ours;
  target->for_each_symbol([&](const symbols::Symbol& symbol) {
    if (symbol.module.empty()) ours.insert(fmt::format("{:x} {}", symbol.address.value, symbol.name));
    return true;
  });
  ASSERT_GT(ours.size(), 80'000U);
  std::set<std::string> expected;
  std::ifstream map(test::debuginfo(GetParam()).map);
  for (std::string line; std::getline(map, line);) {
    std::istringstream words(line);
    std::string address, type, name;
    words >> address >> type >> name;
    std::uint64_t value = std::stoull(address, nullptr, 16);
    if (value >= 0xffffffff80000000U) value += target->kernel_offset();            // not per-CPU offsets
    if (left_out.contains(name)) ours.erase(fmt::format("{:x} {}", value, name));  // newer kernels list some
    if (!left_out.contains(name)) expected.insert(fmt::format("{:x} {}", value, name));
  }
  std::vector<std::string> only_ours, only_maps;
  std::ranges::set_difference(ours, expected, std::back_inserter(only_ours));
  std::ranges::set_difference(expected, ours, std::back_inserter(only_maps));
  EXPECT_THAT(only_ours, testing::IsEmpty());
  EXPECT_THAT(only_maps, testing::IsEmpty());
}

/// The dump of 6.1, opened with a kernel's file and without BTF.
Result<std::unique_ptr<Target>> open_by_dwarf(const std::filesystem::path& vmlinux,
                                              const std::filesystem::path& debug_folder = {}, bool refuse_btf = true) {
  const Cancellation cancellation;
  Files files;
  files.dump = {test::scenario("sysrq-6.1") / "dump.kdump"};
  files.kernel = vmlinux;
  files.refuse_btf = refuse_btf;
  files.debug_folder = debug_folder;
  return Target::open(files, cancellation);
}

std::string spelled(Target& target, const char* symbol) {
  const auto type = target.type_of_symbol(symbol);
  return type ? target.types().spell(*type) : type.error().message;
}

TEST(DwarfTypes, ServeWhereBtfIsRefused) {
  const auto with_btf = test::open_scenario("sysrq-6.1");
  const auto target = open_by_dwarf(test::debuginfo("sysrq-6.1").vmlinux);
  ASSERT_TRUE(target) << target.error().message;
  EXPECT_THAT((*target)->warnings(), testing::IsEmpty());
  for (const char* name : {"struct task_struct", "struct page", "struct module", "struct net_device"}) {
    const auto ours = (*target)->types().find(name);
    const auto expected = with_btf->types().find(name);
    ASSERT_TRUE(ours) << name << ": " << ours.error().message;
    EXPECT_EQ(layout_of(*ours), layout_of(*expected)) << name;
  }
  EXPECT_EQ(spelled(**target, "init_task"), "struct task_struct");
  EXPECT_FALSE(with_btf->type_of_symbol("printk_delay_msec"));
  EXPECT_EQ(spelled(**target, "printk_delay_msec"), "int") << "a global of no table";
  EXPECT_TRUE((*target)->symbol("virtblk_probe")) << "modules are read by DWARF's struct module";
}

TEST(DwarfTypes, TellOfGlobalsThatBtfLeavesOut) {
  const auto target = open_by_dwarf(test::debuginfo("sysrq-6.1").vmlinux, {}, false);
  ASSERT_TRUE(target) << target.error().message;
  EXPECT_EQ(spelled(**target, "printk_delay_msec"), "int");
}

TEST(DwarfTypes, OfAModuleWithoutBtfAreFoundByBuildId) {
  const auto folder = test::scenario("null-6.1");
  const auto module = folder / "modules" / "alicia_fault.ko";
  const auto id = symbols::elf_build_id(module);
  ASSERT_TRUE(id) << id.error().message;
  const std::filesystem::path place =
      std::filesystem::path(testing::TempDir()) / fmt::format("module-debug-{}", getpid());
  std::filesystem::create_directories(place / ".build-id" / id->substr(0, 2));
  std::filesystem::copy_file(module, place / ".build-id" / id->substr(0, 2) / (id->substr(2) + ".debug"));

  const Cancellation cancellation;
  Files files;
  files.dump = {folder / "dump.kdump"};
  files.debug_folder = place;
  const auto with = Target::open(files, cancellation);
  files.debug_folder.clear();
  const auto without = Target::open(files, cancellation);
  ASSERT_TRUE(with && without);
  const auto found = (*with)->types().find("struct fault_object");
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_TRUE((*with)->types().member(*found, "peer"));
  EXPECT_FALSE((*without)->types().find("struct fault_object"));
  EXPECT_TRUE((*with)->types().find("struct virtio_blk")) << "modules with BTF keep it";
  std::filesystem::remove_all(place);
}

TEST(DwarfTypes, AreFoundByBuildId) {
  const auto vmlinux = test::debuginfo("sysrq-6.1").vmlinux;
  const auto bare = open_by_dwarf({});
  ASSERT_TRUE(bare) << bare.error().message;
  const auto none = (*bare)->types().find("struct task_struct");
  ASSERT_FALSE(none);
  EXPECT_THAT(none.error().message, testing::HasSubstr("no types"));

  const std::string build_id((*bare)->vmcoreinfo().text("BUILD-ID").value());
  const auto folder = std::filesystem::temp_directory_path() / fmt::format("alicia-debug-{}", getpid());
  std::filesystem::create_directories(folder / ".build-id" / build_id.substr(0, 2));
  std::filesystem::create_symlink(vmlinux,
                                  folder / ".build-id" / build_id.substr(0, 2) / (build_id.substr(2) + ".debug"));
  const auto target = open_by_dwarf({}, folder);
  ASSERT_TRUE(target) << target.error().message;
  EXPECT_TRUE((*target)->types().find("struct task_struct"));
  std::filesystem::remove_all(folder);
}

TEST(DwarfTypes, OfAnotherKernelAreLeftAside) {
  const auto other = std::filesystem::path("/proc/self/exe");  // an ELF file with a build-id of its own
  const auto target = open_by_dwarf(other, {}, false);
  ASSERT_TRUE(target) << target.error().message;
  ASSERT_THAT((*target)->warnings(), testing::SizeIs(1));
  EXPECT_THAT((*target)->warnings().front(), testing::HasSubstr("is not the dumped kernel's: its build-id is"));
  EXPECT_TRUE((*target)->types().find("struct task_struct"));
}

}  // namespace
}  // namespace alicia::target

// SPDX-License-Identifier: GPL-3.0-or-later
//
// How a kernel is opened from nothing but its dump:
//
//   the file's note              VMCOREINFO (where there is none, System.map gives what it says: map_bootstrap.cpp)
//   VMCOREINFO                   the page tables, with them virtual memory (paging.cpp)
//   VMCOREINFO                   where kallsyms lies, with it every symbol (kernel_symbols.cpp)
//   the symbol __start_BTF       the types (kernel_types.cpp), read when the first is asked for
//   types and the symbol modules the modules, their symbols and types, read when the kernel's own don't have a name
#include "target/target.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "arch/translated_memory.hpp"
#include "arch/x86_64/page_tables.hpp"
#include "base/escape.hpp"
#include "symbols/elf_symbols.hpp"
#include "symbols/system_map.hpp"
#include "target/cpus.hpp"
#include "target/found_symbols.hpp"
#include "target/gap_memory.hpp"
#include "target/health.hpp"
#include "target/kernel_symbols.hpp"
#include "target/kernel_types.hpp"
#include "target/lazy_symbols.hpp"
#include "target/linear_fallback.hpp"
#include "target/machine.hpp"
#include "target/map_bootstrap.hpp"
#include "target/module_set.hpp"
#include "target/paging.hpp"
#include "target/symbol_chain.hpp"
#include "target/user_memory.hpp"
#include "target/vmcoreinfo_search.hpp"
#include "target/vmcoreinfo_symbols.hpp"

namespace alicia::target {

struct Target::Parts {
  explicit Parts(Files named) : files(std::move(named)) {}

  Files files;
  std::unique_ptr<dump::Dump> dump;
  Vmcoreinfo vmcoreinfo;
  Machine machine;
  std::uint64_t kernel_offset = 0;  // what KASLR added
  std::vector<std::string> warnings;
  std::unique_ptr<arch::Translator> translator;
  std::unique_ptr<arch::TranslatedMemory> plain_memory;  // with the dump's gaps as they are
  std::unique_ptr<GapMemory> physical;
  std::unique_ptr<arch::TranslatedMemory> memory;
  SymbolChain symbols;
  std::optional<Cpus> cpus;
  std::optional<ModuleSet> modules;
  std::optional<KernelTypes> types;

  Result<void> start(const Cancellation& cancellation);
  /// VMCOREINFO, and with it the way from virtual to physical memory.
  Result<void> find_memory(const Cancellation& cancellation);
  /// What stands for VMCOREINFO in a dump without it, from what its files and memory tell.
  Result<std::string> text_by_files(const Cancellation& cancellation);
  Result<void> find_symbols(const Cancellation& cancellation);
  /// Adds a file's symbols behind those there are; opens it at once only where there are none. False: no use.
  bool add_file(std::function<std::unique_ptr<symbols::SymbolSource>()> open);
  /// For a kernel that lists functions only.
  void add_found_symbols();
  bool is_dumped_kernel(const std::filesystem::path& elf_file);
  std::unique_ptr<symbols::SymbolSource> open_kernel_file();
  std::unique_ptr<symbols::SymbolSource> open_map();
  /// Null where the architecture has none.
  LinearFallback* linear_fallback() const { return dynamic_cast<LinearFallback*>(translator.get()); }
  void learn_direct_map();
  void fill_gaps();
  void add_health(Health health);
  void check_tables_are_there();
  std::optional<symbols::Symbol> find_symbol(std::string_view name) const;
  /// Works the offset out from a file's symbols where VMCOREINFO doesn't give it. True: it is another than before.
  bool adopt_offset(const symbols::SymbolSource& file);
  symbols::Relocation relocation() const { return {machine.image_base, kernel_offset}; }
};

namespace {

tl::unexpected<Error> cannot_open(const dump::Dump& dump, Error error) {
  const dump::DumpInfo& info = dump.info();
  if (error.code == ErrorCode::page_truncated &&
      !info.warnings.empty())  // which name the file and say how much is lost
    error.message = fmt::format("{}; {}", fmt::join(info.warnings, "; "), error.message);
  else
    error.message = fmt::format("{}: {}", info.files.empty() ? "dump" : visible(info.files.front().filename().string()),
                                error.message);
  return tl::unexpected<Error>(std::move(error));
}

}  // namespace

Result<std::unique_ptr<Target>> Target::open(const Files& files, const Cancellation& cancellation) {
  auto dump = dump::open_dump(files.dump);
  if (!dump) return failure(std::move(dump));
  auto parts = std::make_unique<Parts>(files);
  parts->dump = std::move(*dump);
  if (auto started = parts->start(cancellation); !started) return cannot_open(*parts->dump, std::move(started).error());
  std::unique_ptr<Target> target(new Target(std::move(parts)));
  target->parts_->add_health(examine(*target, HealthScope::sample, cancellation));
  return target;
}

Result<void> Target::Parts::start(const Cancellation& cancellation) {
  const dump::DumpInfo& info = dump->info();
  warnings = info.warnings;
  if (auto made = find_memory(cancellation); !made) return made;
  machine = Machine::of(kernel_architecture(*dump, vmcoreinfo));
  kernel_offset = vmcoreinfo.hex("KERNELOFFSET").value_or(0);
  plain_memory = std::make_unique<arch::TranslatedMemory>(*dump, *translator);
  physical = std::make_unique<GapMemory>(*dump);
  memory = std::make_unique<arch::TranslatedMemory>(*physical, *translator);
  types.emplace(KernelTypes::Origin{*memory, files, vmcoreinfo,
                                    [this](std::string_view name) -> std::optional<VirtualAddress> {
                                      const auto found = symbols.find(name);
                                      return found ? std::optional(found->address) : std::nullopt;
                                    },
                                    warnings, machine.pointer_bytes});
  if (const auto* fallback = linear_fallback(); fallback != nullptr && fallback->lost())
    warnings.push_back(fallback->lost()->message);
  if (auto found = find_symbols(cancellation); !found) return found;
  learn_direct_map();
  fill_gaps();
  cpus.emplace(*memory, symbols, machine.pointer_bytes, info.cpus.value_or(1));
  const auto head = symbols.find("modules");
  modules.emplace(
      *memory, [this]() -> types::TypeSystem& { return types->system(); },
      head ? std::optional(head->address) : std::nullopt);
  check_tables_are_there();
  return {};
}

Result<void> Target::Parts::find_memory(const Cancellation& cancellation) {
  std::string text = dump->info().vmcoreinfo;
  const bool missing = text.empty();
  std::optional<Error> lacking;
  if (missing) {
    auto found = text_by_files(cancellation);
    if (found)
      text = *std::move(found);
    else
      lacking = std::move(found).error();
  }
  vmcoreinfo = Vmcoreinfo(text);
  auto made = make_translator(*dump, vmcoreinfo, cancellation);
  if (made && (missing || is_whole_vmcoreinfo(text))) {
    translator = std::move(*made);
    return {};
  }
  for (const std::string& copy : find_vmcoreinfo(*dump, cancellation)) {
    Vmcoreinfo found(copy);
    auto by_copy = make_translator(*dump, found, cancellation);
    if (!by_copy) continue;
    vmcoreinfo = std::move(found);
    translator = std::move(*by_copy);
    warnings.push_back(fmt::format("the file's VMCOREINFO is {}: the kernel's own copy in the dump's memory is used",
                                   missing ? "missing" : "damaged"));
    return {};
  }
  if (!made && lacking) return tl::unexpected<Error>(*std::move(lacking));
  if (!made) return failure(std::move(made));
  translator = std::move(*made);
  return {};
}

Result<std::string> Target::Parts::text_by_files(const Cancellation& cancellation) {
  const symbols::Relocation unmoved{};
  if (!files.map.empty()) {
    const auto map = symbols::SystemMap::open(files.map, unmoved);
    if (!map) return failure(map);
    return recover_vmcoreinfo(*dump, **map, cancellation);
  }
  if (!files.kernel.empty())
    if (const auto kernel = symbols::ElfSymbols::open(files.kernel, unmoved))
      return recover_vmcoreinfo(*dump, **kernel, cancellation);
  return failure(ErrorCode::corrupt, "the dump has no VMCOREINFO: to find the kernel in it takes its System.map");
}

Result<void> Target::Parts::find_symbols(const Cancellation& cancellation) {
  auto kallsyms = read_kallsyms(*memory, vmcoreinfo, machine.pointer_bytes, cancellation);
  if (kallsyms) {
    warnings.insert(warnings.end(), (*kallsyms)->warnings().begin(), (*kallsyms)->warnings().end());
    symbols.add(std::move(*kallsyms));
  }
  if (!files.kernel.empty() && !is_dumped_kernel(files.kernel)) files.kernel.clear();
  if (!files.kernel.empty()) add_file([this] { return open_kernel_file(); });
  if (!files.map.empty()) add_file([this] { return open_map(); });
  if (kallsyms) {
    symbols.add(std::make_unique<VmcoreinfoSymbols>(vmcoreinfo));
    if (!symbols.find_listed("init_task")) add_found_symbols();
    return {};
  }
  if (symbols.empty()) {
    auto named = std::make_unique<VmcoreinfoSymbols>(vmcoreinfo);
    if (kallsyms.error().code == ErrorCode::interrupted || !named->find("_stext")) return failure(std::move(kallsyms));
    // With neither tables nor the kernel's data nothing can be told that the file's header doesn't.
    std::byte byte{};
    const auto data = named->find("init_uts_ns");
    if (const auto* fallback = linear_fallback(); fallback != nullptr && fallback->lost())
      if (!data || !memory->read(data->address, std::span(&byte, 1))) return tl::unexpected<Error>(*fallback->lost());
    symbols.add(std::move(named));
    add_found_symbols();
    warnings.push_back(fmt::format("the symbols are lost but for those of VMCOREINFO: {}", kallsyms.error().message));
    return {};
  }
  warnings.push_back(fmt::format("symbols come from files only: {}", kallsyms.error().message));
  return {};
}

bool Target::Parts::add_file(std::function<std::unique_ptr<symbols::SymbolSource>()> open) {
  auto source = std::make_unique<LazySymbols>(std::move(open));
  if (symbols.empty() && !source->available()) return false;
  symbols.add(std::move(source));
  return true;
}

void Target::Parts::add_found_symbols() {
  const auto data = vmcoreinfo.symbol("init_uts_ns");
  const auto text_end = symbols.find_listed("_etext");
  const auto text = vmcoreinfo.symbol("_stext");
  if (!data || !text || *data <= *text) return;
  const FoundSymbols::Area area{text_end && text_end->address < *data ? text_end->address : *text, *data};
  symbols.add(
      std::make_unique<FoundSymbols>(*memory, area, [this]() -> types::TypeSystem& { return types->system(); }));
}

bool Target::Parts::is_dumped_kernel(const std::filesystem::path& elf_file) {
  const auto build_id = symbols::elf_build_id(elf_file);
  const auto expected = vmcoreinfo.text("BUILD-ID");
  if (!build_id || !expected || build_id->empty() || *build_id == *expected) return true;
  warnings.push_back(fmt::format("{} is not the dumped kernel's: its build-id is {}, the dump's {}",
                                 visible(elf_file.string()), *build_id, visible(*expected)));
  return false;
}

std::unique_ptr<symbols::SymbolSource> Target::Parts::open_kernel_file() {
  auto source = symbols::ElfSymbols::open(files.kernel, relocation());
  if (source && adopt_offset(**source)) source = symbols::ElfSymbols::open(files.kernel, relocation());
  if (source) return std::move(*source);
  if (source.error().code != ErrorCode::wrong_format)  // a file of types has no symbols
    warnings.push_back(source.error().message);
  return nullptr;
}

bool Target::Parts::adopt_offset(const symbols::SymbolSource& file) {
  const auto expected = vmcoreinfo.symbol("_stext");
  const auto found = file.find("_stext");
  if (vmcoreinfo.text("KERNELOFFSET") || !expected || !found || found->address == *expected) return false;
  kernel_offset += *expected - found->address;
  return true;
}

std::unique_ptr<symbols::SymbolSource> Target::Parts::open_map() {
  auto source = symbols::SystemMap::open(files.map, relocation());
  if (source && adopt_offset(**source)) source = symbols::SystemMap::open(files.map, relocation());
  if (!source) {
    warnings.push_back(source.error().message);
    return nullptr;
  }
  for (const std::string_view name : {"_stext", "init_uts_ns"}) {
    const auto expected = vmcoreinfo.symbol(name);
    const auto found = (*source)->find(name);
    if (!expected || (found && found->address == *expected)) continue;
    warnings.push_back(fmt::format("{} is not the dumped kernel's: {} is at {:#x} in the dump",
                                   visible(files.map.string()), name, expected->value));
    return nullptr;
  }
  return std::move(*source);
}

std::optional<symbols::Symbol> Target::Parts::find_symbol(std::string_view name) const {
  if (auto found = symbols.find_listed(name)) return found;
  // A kernel that lists its data (KALLSYMS_ALL) has nothing more that its files, slow to read, could add but oddities.
  const bool lists_data = symbols.find_listed("init_task").has_value();
  if (!lists_data)
    if (auto found = symbols.find(name)) return found;
  if (auto found = modules->find(name)) return found;
  return lists_data ? symbols.find(name) : std::nullopt;
}

/// Tells the translator where the kernel maps all of memory, for when page tables are missing.
void Target::Parts::learn_direct_map() {
  LinearFallback* fallback = linear_fallback();
  if (fallback == nullptr) return;
  const auto symbol = symbols.find_listed("page_offset_base");
  std::uint64_t base = 0;
  if (symbol && plain_memory->read(symbol->address, std::as_writable_bytes(std::span(&base, 1)))) {
    fallback->know_direct_map(VirtualAddress{base});
    return;
  }
  for (const dump::VirtualSegment& segment : dump->info().segments)
    if (segment.begin < arch::x86_64::kernel_text_base && segment.begin.value > segment.physical.value)
      return fallback->know_direct_map(VirtualAddress{segment.begin.value - segment.physical.value});
}

void Target::Parts::add_health(Health health) {
  // What is lost with the end of a file stands in one line with how much that is.
  if (!health.cut_off.empty()) {
    if (dump->info().warnings.empty())
      warnings.push_back(std::move(health.cut_off));
    else
      warnings.front() += "; " + health.cut_off;
  }
  std::ranges::move(health.warnings, std::back_inserter(warnings));
  if (const auto* fallback = linear_fallback(); fallback != nullptr && fallback->was_needed())
    warnings.push_back(
        "page tables are missing: only the kernel's image and its map of all memory, which lie in a row, can be read");
}

/// Tells the physical memory where the kernel describes each page, for the gaps of an ELF dump.
void Target::Parts::fill_gaps() {
  const auto symbol = symbols.find_listed("vmemmap_base");
  std::uint64_t base = 0;
  if (symbol && plain_memory->read(symbol->address, std::as_writable_bytes(std::span(&base, 1))))
    physical->judge(*plain_memory, VirtualAddress{base}, vmcoreinfo);
}

/// Looks at one byte at either end of what will be needed later, so that what a truncated dump lacks is said at once.
void Target::Parts::check_tables_are_there() {
  const auto probe = [this](std::string_view what, VirtualAddress address) {
    std::byte byte{};
    if (const auto read = memory->read(address, std::span(&byte, 1)); !read)
      warnings.push_back(fmt::format("{}: {}", what, read.error().message));
  };
  if (!types->btf_range() && !files.refuse_btf && files.kernel.empty() && files.types.empty()) {
    warnings.push_back("the kernel has no BTF: types need its vmlinux with debug information");
  }
  if (const auto task = symbols.find("init_task")) probe("init_task", task->address);
}

Target::Target(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Target::~Target() = default;

const Files& Target::files() const {
  return parts_->files;
}
const dump::Dump& Target::dump() const {
  return *parts_->dump;
}
const Vmcoreinfo& Target::vmcoreinfo() const {
  return parts_->vmcoreinfo;
}
const std::vector<std::string>& Target::warnings() const {
  return parts_->warnings;
}
dump::Architecture Target::architecture() const {
  return parts_->machine.architecture;
}
unsigned Target::pointer_bytes() const {
  return parts_->machine.pointer_bytes;
}
const MemoryReader& Target::memory() const {
  return *parts_->memory;
}
const arch::Translator& Target::translator() const {
  return *parts_->translator;
}
std::uint64_t Target::kernel_offset() const {
  return parts_->kernel_offset;
}
unsigned Target::possible_cpus() const {
  return parts_->cpus->possible();
}
std::vector<unsigned> Target::online_cpus() const {
  return parts_->cpus->online();
}
Result<std::uint64_t> Target::per_cpu_offset(unsigned cpu) const {
  return parts_->cpus->offset(cpu);
}

Result<arch::Translation> Target::translate_user(VirtualAddress task, VirtualAddress address) {
  const auto root = user_page_tables(*this, task);
  if (!root) return failure(root);
  return parts_->translator->translate(address, *root);
}

Result<void> Target::read_user(VirtualAddress task, VirtualAddress address, std::span<std::byte> out) {
  const auto root = user_page_tables(*this, task);
  if (!root) return failure(root);
  return arch::TranslatedMemory(*parts_->physical, *parts_->translator, *root).read(address, out);
}

types::TypeSystem& Target::types() {
  return parts_->types->system();
}

Result<symbols::Symbol> Target::symbol(std::string_view name) const {
  if (auto found = parts_->find_symbol(name)) return std::move(*found);
  std::string message = fmt::format("no such symbol: {}", visible(name));
  if (const auto& problems = parts_->modules->problems(); !problems.empty())
    message += fmt::format(" (not all modules could be read: {})", problems.front().message);
  return failure(ErrorCode::no_such_symbol, std::move(message));
}

std::optional<symbols::Symbol> Target::kernel_symbol(std::string_view name) const {
  return parts_->symbols.find_listed(name);
}

std::optional<symbols::SymbolAndOffset> Target::symbol_at(VirtualAddress address) const {
  if (auto found = parts_->symbols.at(address)) return found;
  return parts_->modules->at(address);
}

void Target::for_each_symbol(const std::function<bool(const symbols::Symbol&)>& visit) const {
  bool go_on = true;
  parts_->symbols.for_each([&](const symbols::Symbol& symbol) { return go_on = visit(symbol); });
  if (go_on) parts_->modules->for_each(visit);
}

Result<types::TypeRef> Target::type_of_symbol(std::string_view name) {
  return parts_->types->type_of_symbol(name);
}

}  // namespace alicia::target

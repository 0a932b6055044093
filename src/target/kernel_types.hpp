// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/memory_reader.hpp"
#include "target/files.hpp"
#include "target/type_chain.hpp"
#include "target/vmcoreinfo.hpp"
#include "types/btf_source.hpp"
#include "types/dwarf_source.hpp"
#include "types/type_system.hpp"

namespace alicia::target {

/// Where the kernel's BTF lies: __start_BTF and __stop_BTF.
struct BtfRange {
  VirtualAddress begin;
  VirtualAddress end;
};

/// The types of a kernel and its modules, read when the first is asked for. The first place that has them serves: BTF
/// in the dump, a file the user named, debug information installed on this machine under the dump's build-id.
class KernelTypes {
 public:
  struct Origin {
    const MemoryReader& memory;
    const Files& files;
    const Vmcoreinfo& vmcoreinfo;
    std::function<std::optional<VirtualAddress>(std::string_view)> symbol;  ///< the kernel's own
    std::vector<std::string>& warnings;  ///< what cannot be read when it is asked for is added
    unsigned pointer_bytes = 8;
  };
  explicit KernelTypes(Origin origin) : origin_(std::move(origin)) {}

  /// Nothing where the kernel has no BTF, or it is refused.
  std::optional<BtfRange> btf_range() const;
  types::TypeSystem& system();
  /// The C declaration's type of a global. Error: no_such_type.
  Result<types::TypeRef> type_of_symbol(std::string_view name);

 private:
  Result<std::unique_ptr<types::TypeSource>> read_kernel();
  Result<std::unique_ptr<types::BtfSource>> read_btf(VirtualAddress begin, std::uint64_t bytes,
                                                     types::BtfSource* kernel = nullptr);
  /// What can be saved of BTF some pages of which are missing. Null: nothing.
  std::unique_ptr<types::TypeSource> rest_of_btf(BtfRange range);
  TypeChain::Sources read_others();
  /// Returns the structs of the modules that have BTF.
  std::vector<VirtualAddress> read_modules(TypeChain::Sources& sources);
  /// Debug information installed for the modules but `known`, under their build-ids.
  void read_debug_files_of_modules(const std::vector<VirtualAddress>& known, TypeChain::Sources& sources);
  const std::vector<std::filesystem::path>& installed_files();
  /// DWARF for what BTF doesn't tell. Null where there is none.
  types::DwarfSource* debug_information();

  Origin origin_;
  std::unique_ptr<types::TypeSystem> system_;
  types::TypeSource* kernel_ = nullptr;  // owned by system_, as the next two
  types::BtfSource* kernel_btf_ = nullptr;
  TypeChain* others_ = nullptr;
  std::vector<std::filesystem::path> used_;  // named files that serve as the kernel's types
  std::optional<std::vector<std::filesystem::path>> installed_;
  std::optional<std::unique_ptr<types::DwarfSource>> debug_;
  std::optional<std::string> damage_;  // what of the BTF is lost
};

}  // namespace alicia::target

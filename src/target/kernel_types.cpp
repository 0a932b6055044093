// SPDX-License-Identifier: GPL-3.0-or-later
#include "target/kernel_types.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/bulk_read.hpp"
#include "base/escape.hpp"
#include "target/declarations.hpp"
#include "target/module_build_ids.hpp"
#include "target/modules.hpp"
#include "target/type_files.hpp"
#include "types/btf_repair.hpp"

namespace alicia::target {
namespace {

constexpr std::uint64_t most_bytes = std::uint64_t{64} << 20;  // a big distribution kernel has 6 MB

/// Stands where there are no types, and says why.
class NoTypes final : public types::TypeSource {
 public:
  explicit NoTypes(Error why) : why_(std::move(why)) {}
  std::optional<types::TypeId> find(types::Tag /*tag*/, std::string_view /*name*/) override { return std::nullopt; }
  const types::Type& type(types::TypeId /*id*/) override { return nothing_; }
  std::optional<Error> trouble() const override { return why_; }

 private:
  Error why_;
  types::Type nothing_;
};

}  // namespace

std::optional<BtfRange> KernelTypes::btf_range() const {
  if (origin_.files.refuse_btf) return std::nullopt;
  const auto begin = origin_.symbol("__start_BTF");
  const auto end = origin_.symbol("__stop_BTF");
  if (!begin || !end || *end <= *begin) return std::nullopt;
  return BtfRange{*begin, *end};
}

types::TypeSystem& KernelTypes::system() {
  if (system_) return *system_;
  system_ = std::make_unique<types::TypeSystem>(origin_.pointer_bytes);
  auto kernel = read_kernel();
  if (!kernel) {
    // That there is nothing to read is said when the dump is opened.
    if (btf_range() || !origin_.files.kernel.empty() || !origin_.files.types.empty())
      origin_.warnings.push_back(kernel.error().message);
    system_->add_source(std::make_unique<NoTypes>(std::move(kernel).error()));
    return *system_;
  }
  kernel_ = kernel->get();
  kernel_btf_ = dynamic_cast<types::BtfSource*>(kernel_);
  system_->add_source(std::move(*kernel));
  auto others = std::make_unique<TypeChain>([this] { return read_others(); });
  others_ = others.get();
  system_->add_source(std::move(others));
  if (damage_) system_->add_source(std::make_unique<NoTypes>(Error{ErrorCode::no_such_type, *damage_, {}}));
  return *system_;
}

Result<std::unique_ptr<types::TypeSource>> KernelTypes::read_kernel() {
  std::string reasons = origin_.files.refuse_btf ? "BTF is not to be used" : "the kernel has no BTF";
  const auto range = btf_range();
  if (range) {
    auto btf = read_btf(range->begin, range->end - range->begin);
    if (btf) return std::unique_ptr<types::TypeSource>(std::move(*btf));
    reasons = btf.error().message;
  }
  std::vector<std::filesystem::path> candidates;
  if (!origin_.files.kernel.empty()) candidates.push_back(origin_.files.kernel);
  std::ranges::copy_if(origin_.files.types, std::back_inserter(candidates),
                       [](const auto& file) { return !is_module_file(file); });
  const auto& installed = installed_files();
  candidates.insert(candidates.end(), installed.begin(), installed.end());
  for (const auto& candidate : candidates) {
    auto source = open_type_file(candidate, origin_.files.refuse_btf);
    if (source) {
      used_.push_back(candidate);
      return source;
    }
    reasons += "; " + source.error().message;
  }
  if (range)
    if (auto rest = rest_of_btf(*range)) return rest;
  return failure(ErrorCode::no_such_type, fmt::format("no types: {}", reasons));
}

std::unique_ptr<types::TypeSource> KernelTypes::rest_of_btf(BtfRange range) {
  const std::uint64_t bytes = range.end - range.begin;
  if (bytes > most_bytes) return nullptr;
  std::vector<std::byte> data(bytes);
  std::vector<types::BtfHole> holes;
  const auto missing = read_region(origin_.memory, range.begin, data);
  if (missing.empty()) return nullptr;
  holes.reserve(missing.size());
  for (const Hole& hole : missing)
    holes.push_back({hole.begin - range.begin, hole.end - range.begin});
  const auto repaired = types::repair_btf(data, holes);
  if (!repaired) return nullptr;
  auto source = types::BtfSource::create(repaired->bytes);
  if (!source) return nullptr;
  damage_ = fmt::format("{} of the kernel's {} types and {} names are lost with pages of its BTF: {}",
                        repaired->lost_types, repaired->types, repaired->lost_names, missing.front().error.message);
  origin_.warnings.push_back(*damage_);
  return std::move(*source);
}

Result<std::unique_ptr<types::BtfSource>> KernelTypes::read_btf(VirtualAddress begin, std::uint64_t bytes,
                                                                types::BtfSource* kernel) {
  if (bytes == 0 || bytes > most_bytes)
    return failure(ErrorCode::corrupt, fmt::format("BTF at {:#x} would have {} bytes", begin.value, bytes),
                   begin.value);
  const auto buffer = std::make_unique_for_overwrite<std::byte[]>(bytes);
  const std::span data(buffer.get(), bytes);
  auto holes = read_region(origin_.memory, begin, data);
  if (!holes.empty()) {
    std::uint64_t missing = 0;
    for (const Hole& hole : holes)
      missing += hole.end - hole.begin;
    Error error = std::move(holes.front().error);
    error.message = fmt::format("{} of {} bytes of BTF missing: {}", missing, bytes, error.message);
    return tl::unexpected<Error>(std::move(error));
  }
  return types::BtfSource::create(data, kernel);
}

TypeChain::Sources KernelTypes::read_others() {
  TypeChain::Sources sources;
  const auto with_btf = kernel_btf_ != nullptr ? read_modules(sources) : std::vector<VirtualAddress>{};
  for (const auto& file : origin_.files.types) {
    if (std::ranges::find(used_, file) != used_.end()) continue;
    auto source = open_type_file(file, origin_.files.refuse_btf, is_module_file(file) ? kernel_btf_ : nullptr);
    if (source)
      sources.push_back(std::move(*source));
    else
      origin_.warnings.push_back(source.error().message);
  }
  read_debug_files_of_modules(with_btf, sources);
  return sources;
}

void KernelTypes::read_debug_files_of_modules(const std::vector<VirtualAddress>& known, TypeChain::Sources& sources) {
  const auto head = origin_.symbol("modules");
  std::error_code none;
  if (!head || !std::filesystem::is_directory(origin_.files.debug_folder / ".build-id", none)) return;
  const auto listing = read_module_build_ids(origin_.memory, *system_, *head);
  for (const Error& problem : listing.problems)
    origin_.warnings.push_back(fmt::format("debug information of modules: {}", problem.message));
  for (const ModuleBuildId& module : listing.items) {
    if (std::ranges::find(known, module.module) != known.end()) continue;
    for (const auto& file : find_debug_files(origin_.files.debug_folder, module.build_id, {}))
      if (auto source = types::DwarfSource::open(file)) sources.push_back(std::move(*source));
  }
}

std::vector<VirtualAddress> KernelTypes::read_modules(TypeChain::Sources& sources) {
  std::vector<VirtualAddress> served;
  const auto head = origin_.symbol("btf_modules");
  if (!head) return served;
  const auto listing = read_module_btfs(origin_.memory, *system_, *head);
  for (const Error& problem : listing.problems)
    origin_.warnings.push_back(fmt::format("types of modules: {}", problem.message));
  for (const ModuleBtf& module : listing.items) {
    auto source = read_btf(module.data, module.bytes, kernel_btf_);
    if (source) {
      sources.push_back(std::move(*source));
      served.push_back(module.module);
    } else {
      origin_.warnings.push_back(
          fmt::format("types of the module at {:#x}: {}", module.module.value, source.error().message));
    }
  }
  return served;
}

const std::vector<std::filesystem::path>& KernelTypes::installed_files() {
  if (!installed_)
    installed_ = find_debug_files(origin_.files.debug_folder, origin_.vmcoreinfo.text("BUILD-ID").value_or(""),
                                  origin_.vmcoreinfo.text("OSRELEASE").value_or(""));
  return *installed_;
}

types::DwarfSource* KernelTypes::debug_information() {
  if (debug_) return debug_->get();
  debug_.emplace();
  std::vector<std::filesystem::path> candidates = installed_files();
  if (!origin_.files.kernel.empty()) candidates.insert(candidates.begin(), origin_.files.kernel);
  for (const auto& candidate : candidates) {
    auto opened = types::DwarfSource::open(candidate);
    if (!opened) continue;
    *debug_ = std::move(*opened);
    break;
  }
  return debug_->get();
}

Result<types::TypeRef> KernelTypes::type_of_symbol(std::string_view name) {
  types::TypeSystem& all = system();
  if (kernel_ != nullptr)
    if (const auto found = kernel_->find_variable(name)) return *found;
  const auto from_debug_information = [&]() -> std::optional<types::TypeRef> {
    types::DwarfSource* source = kernel_btf_ != nullptr ? debug_information() : nullptr;
    return source != nullptr ? source->find_variable(name) : std::nullopt;
  };
  // The table knows many kernels, the file this one. A file nobody named is slow to read, and is asked last.
  const bool named = !origin_.files.kernel.empty();
  if (named)
    if (const auto found = from_debug_information()) return *found;
  if (const auto declared = declared_type(name)) return all.find(*declared);
  if (others_ != nullptr)
    if (const auto found = others_->find_variable(name)) return *found;
  if (kernel_ != nullptr)
    if (const auto found = kernel_->find_function(name)) return *found;
  if (!named)
    if (const auto found = from_debug_information()) return *found;
  return failure(ErrorCode::no_such_type, fmt::format("type of {} unknown", visible(name)));
}

}  // namespace alicia::target

// SPDX-License-Identifier: GPL-3.0-or-later
#include "session/session.hpp"

#include <utility>

namespace alicia::session {
namespace {

class NativeApi final : public KernelApi {
 public:
  explicit NativeApi(target::Target& target) : target_(target) {}

  Result<VirtualAddress> symbol_address(std::string_view name) override {
    return target_.symbol(name).map([](const symbols::Symbol& symbol) { return symbol.address; });
  }
  const MemoryReader& memory() override { return target_.memory(); }
  types::TypeSystem& types() override { return target_.types(); }
  unsigned pointer_bytes() override { return target_.pointer_bytes(); }

 private:
  target::Target& target_;
};

class DebuggerApi final : public KernelApi {
 public:
  explicit DebuggerApi(debugger::Debugger& debugger) : debugger_(debugger) {}

  Result<VirtualAddress> symbol_address(std::string_view name) override { return debugger_.symbol_address(name); }
  const MemoryReader& memory() override { return debugger_; }
  types::TypeSystem& types() override {
    if (!types_) {
      types_ = std::make_unique<types::TypeSystem>(debugger_.pointer_bytes());
      types_->add_source(debugger_.type_source());
    }
    return *types_;
  }
  unsigned pointer_bytes() override { return debugger_.pointer_bytes(); }

 private:
  debugger::Debugger& debugger_;
  std::unique_ptr<types::TypeSystem> types_;
};

/// Stands in where no dump is open.
class NoDumpApi final : public KernelApi {
 public:
  Result<VirtualAddress> symbol_address(std::string_view) override { return nothing(); }
  const MemoryReader& memory() override { return memory_; }
  types::TypeSystem& types() override { return types_; }
  unsigned pointer_bytes() override { return kPointerBytes; }

 private:
  static constexpr unsigned kPointerBytes = 8;
  static tl::unexpected<Error> nothing() { return failure(ErrorCode::not_supported, "no dump is open"); }

  class Nothing final : public MemoryReader {
   public:
    Result<void> read(VirtualAddress, std::span<std::byte>) const override { return nothing(); }
  };

  Nothing memory_;
  types::TypeSystem types_{kPointerBytes};
};

}  // namespace

Session::Session(Settings settings, std::unique_ptr<target::Target> target,
                 std::unique_ptr<debugger::Debugger> debugger, Output& output, Cancellation& cancellation)
    : settings_(std::move(settings)),
      target_(std::move(target)),
      debugger_(std::move(debugger)),
      api_is_native_(target_ != nullptr && settings_.api != ApiChoice::debugger),
      output_(output),
      cancellation_(cancellation) {
  if (api_is_native_) {
    api_ = std::make_unique<NativeApi>(*target_);
  } else if (debugger_ != nullptr) {
    api_ = std::make_unique<DebuggerApi>(*debugger_);
  } else {
    api_ = std::make_unique<NoDumpApi>();
  }
  commands_.add_folder(settings_.shipped_ldas);
}

Session::~Session() = default;

}  // namespace alicia::session

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>

#include "script/script_engine.hpp"
#include "session/session.hpp"

namespace alicia::perl {

struct State;
class Entry;

/// The one embedded Perl. Its API answers from the session; its STDOUT is the session's output; Ctrl-C as the session's
/// cancellation has it ends what runs. Used by one thread; every other thread of the program blocks all signals.
class Interpreter final : public script::ScriptEngine {
 public:
  /// Starts Perl with the API in main. `session` has to outlive it. Error: script_error where the Perl library is
  /// missing or does not compile.
  static Result<std::unique_ptr<Interpreter>> create(session::Session& session);
  ~Interpreter() override;
  Interpreter(const Interpreter&) = delete;
  Interpreter& operator=(const Interpreter&) = delete;

  Result<script::Outcome> run(std::string_view code, std::string_view source, unsigned first_line) override;
  Result<void> load(const std::filesystem::path& file) override;
  Result<void> call(std::string_view sub, const std::vector<std::string>& words) override;
  Result<void> call_shipped(std::string_view command, const std::filesystem::path& file,
                            const std::vector<std::string>& words) override;
  Result<std::string> capture_shipped(std::string_view command, const std::filesystem::path& file,
                                      const std::vector<std::string>& words) override;
  bool defines_sub(std::string_view name) const override;
  bool has_sub(std::string_view name) const override;
  std::vector<std::string> subs() const override;
  bool is_package(std::string_view name) const override;
  std::optional<std::string> scalar(std::string_view name) const override;
  void flush() override;
  int exit_status() const override;

 private:
  explicit Interpreter(session::Session& session);
  Result<void> start();
  Result<void> shipped(const Entry& entry, std::string_view command, const std::filesystem::path& file,
                       const std::vector<std::string>& words);

  std::unique_ptr<State> state_;
};

}  // namespace alicia::perl

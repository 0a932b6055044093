// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <deque>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "debugger/debugger.hpp"
#include "script/script_engine.hpp"
#include "shell/line_source.hpp"

namespace alicia::shell {

/// An engine whose scripts are words: what it is asked to run is written down, and a few words do something.
class FakeEngine final : public script::ScriptEngine {
 public:
  std::vector<std::string> calls;
  std::set<std::string, std::less<>> defined, imported, packages;
  std::map<std::string, std::string, std::less<>> variables;
  /// What a piece of Perl does, by its text; none: nothing.
  std::map<std::string, std::function<Result<script::Outcome>()>, std::less<>> pieces;
  std::function<Result<void>(const std::vector<std::string>&)> on_call;

  Result<script::Outcome> run(std::string_view code, std::string_view source, unsigned first_line) override {
    calls.push_back("perl " + std::string(source) + ":" + std::to_string(first_line) + " " + std::string(code));
    const auto piece = pieces.find(code);
    if (piece != pieces.end()) return piece->second();
    long open = 0;
    for (const char c : code)
      open += c == '{' ? 1 : c == '}' ? -1 : 0;
    return open > 0 ? script::Outcome::incomplete : script::Outcome::done;
  }
  Result<void> load(const std::filesystem::path& file) override {
    calls.push_back("load " + file.string());
    if (!std::filesystem::exists(file)) return failure(ErrorCode::cannot_open, "cannot open " + file.string());
    defined.insert(file.stem().string());
    return {};
  }
  Result<void> call(std::string_view sub, const std::vector<std::string>& words) override {
    calls.push_back("call " + std::string(sub) + joined(words));
    return on_call ? on_call(words) : Result<void>{};
  }
  Result<void> call_shipped(std::string_view command, const std::filesystem::path&,
                            const std::vector<std::string>& words) override {
    calls.push_back("shipped " + std::string(command) + joined(words));
    return on_call ? on_call(words) : Result<void>{};
  }
  Result<std::string> capture_shipped(std::string_view, const std::filesystem::path&,
                                      const std::vector<std::string>&) override {
    return failure(ErrorCode::not_supported, "not here");
  }
  bool defines_sub(std::string_view name) const override { return defined.contains(name); }
  bool has_sub(std::string_view name) const override { return defined.contains(name) || imported.contains(name); }
  std::vector<std::string> subs() const override { return {defined.begin(), defined.end()}; }
  bool is_package(std::string_view name) const override { return packages.contains(name); }
  std::optional<std::string> scalar(std::string_view name) const override {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  }
  int exit_status() const override { return 0; }
  void flush() override {}

 private:
  static std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const auto& word : words)
      text += " [" + word + "]";
    return text;
  }
};

class FakeDebugger final : public debugger::Debugger {
 public:
  std::vector<std::string> lines;

  std::string_view name() const override { return "crash"; }
  void start_in_background() override {}
  bool has_command(std::string_view word) const override { return word == "bt" || word == "flood" || word == "ps"; }
  std::vector<std::string> commands() const override { return {"bt", "flood", "ps"}; }
  Result<void> run(std::string_view line, Output& output) override {
    lines.emplace_back(line);
    if (line == "bt bad") {
      output.write("bt: invalid\n");
      return failure(ErrorCode::debugger_error, "bt: invalid");
    }
    // flood: more than any pipe holds, until nobody reads.
    for (int i = 0; line == "flood" && i < 100000; ++i) {
      if (!output.write("0123456789012345678901234567890123456789\n")) {
        return failure(ErrorCode::debugger_died, "written to nobody");
      }
    }
    output.write("output of " + std::string(line) + "\n");
    return {};
  }
  Result<VirtualAddress> symbol_address(std::string_view) override {
    return failure(ErrorCode::no_such_symbol, "none");
  }
  std::unique_ptr<types::TypeSource> type_source() override { return nullptr; }
  unsigned pointer_bytes() override { return 8; }
  void stop() override {}
  Result<void> read(VirtualAddress, std::span<std::byte>) const override {
    return failure(ErrorCode::unmapped, "nothing there");
  }
};

class FakeLines final : public LineSource {
 public:
  std::deque<ReadLine> lines;
  std::vector<std::string> prompts;

  ReadLine read(std::string_view prompt) override {
    prompts.emplace_back(prompt);
    if (lines.empty()) return {ReadLine::Kind::end, {}};
    auto line = lines.front();
    lines.pop_front();
    return line;
  }
  void type(std::string text) { lines.push_back({ReadLine::Kind::line, std::move(text)}); }
};

/// A folder of its own, gone with the test.
class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "alicia-shell-XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
  std::filesystem::path path() const { return path_; }
  std::filesystem::path write(const std::string& name, std::string_view text) const {
    std::filesystem::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name) << text;
    return path_ / name;
  }
  std::string read(const std::string& name) const {
    std::ostringstream text;
    text << std::ifstream(path_ / name).rdbuf();
    return text.str();
  }

 private:
  std::filesystem::path path_;
};

/// File descriptor 1 or 2 leads into a file while this lives.
class Captured {
 public:
  explicit Captured(int descriptor) : descriptor_(descriptor), file_(std::tmpfile()) {
    std::fflush(nullptr);
    before_ = dup(descriptor);
    dup2(fileno(file_), descriptor);
  }
  ~Captured() {
    std::fflush(nullptr);
    dup2(before_, descriptor_);
    close(before_);
    // What GoogleTest said of a failure went here too.
    if (testing::Test::HasFailure()) FileOutput(descriptor_).write(text());
    std::fclose(file_);
  }
  Captured(const Captured&) = delete;
  Captured& operator=(const Captured&) = delete;
  std::string text() const {
    std::string text;
    std::array<char, 4096> part{};
    off_t at = 0;
    for (ssize_t count = 0; (count = pread(fileno(file_), part.data(), part.size(), at)) > 0; at += count)
      text.append(part.data(), static_cast<std::size_t>(count));
    return text;
  }

 private:
  int descriptor_, before_;
  std::FILE* file_;
};

}  // namespace alicia::shell

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "perl/interpreter.hpp"
#include "unit/perl/stand_in.hpp"

namespace alicia::test {

/// An interpreter over the stand-in kernel, whose output is collected; a folder of its own for files.
class PerlTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() / ("alicia-perl-" + std::to_string(getpid()) + "-" +
                                                        testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::create_directories(folder_ / "shipped" / "some");
    std::filesystem::create_directories(folder_ / "ldas");
    prepare();
    session::Settings settings;
    settings.perl_library = ALICIA_PERL_LIBRARY;
    settings.ldas_folders = {folder_ / "ldas"};
    settings.shipped_ldas = folder_ / "shipped";
    auto kernel = make_kernel();
    kernel_ = kernel.get();
    session_ = std::make_unique<session::Session>(settings, nullptr, std::move(kernel), output_, cancellation_);
    auto made = perl::Interpreter::create(*session_);
    ASSERT_TRUE(made.has_value()) << made.error().message;
    perl_ = std::move(*made);
  }
  void TearDown() override {
    perl_.reset();
    std::filesystem::remove_all(folder_);
  }

  virtual void prepare() {}
  virtual std::unique_ptr<StandInKernel> make_kernel() { return std::make_unique<StandInKernel>(); }

  std::filesystem::path write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name) << text;
    return folder_ / name;
  }

  /// What a line prints; `error: …` where it fails, `incomplete` where it does not end.
  std::string printed(std::string_view code) {
    static_cast<void>(output_.take());
    const auto done = perl_->run(code, "prompt", 1);
    std::string text = output_.take();
    if (!done) text += "error: " + done.error().message;
    if (done && *done == script::Outcome::incomplete) text += "incomplete";
    return text;
  }

  std::filesystem::path folder_;
  StringOutput output_;
  Cancellation cancellation_;
  StandInKernel* kernel_ = nullptr;
  std::unique_ptr<session::Session> session_;
  std::unique_ptr<perl::Interpreter> perl_;
};

}  // namespace alicia::test

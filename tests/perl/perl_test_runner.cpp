// SPDX-License-Identifier: GPL-3.0-or-later
//
// Runs one Perl test (perl-api/t/NAME.t) in the embedded interpreter, over the stand-in kernel or a dump:
//     perl_test_runner LIBRARY FILE.t [DUMP]
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <fstream>
#include <memory>
#include <sstream>

#include "perl/interpreter.hpp"
#include "unit/perl/stand_in.hpp"

int main(int argc, char** argv) {
  if (argc != 3 && argc != 4) {
    std::fputs("usage: perl_test_runner LIBRARY FILE.t [DUMP]\n", stderr);
    return 2;
  }
  std::signal(SIGPIPE, SIG_IGN);
  const std::ifstream file(argv[2]);
  std::stringstream text;
  text << file.rdbuf();
  alicia::FileOutput output(STDOUT_FILENO);
  alicia::Cancellation cancellation;
  alicia::session::Settings settings;
  settings.perl_library = argv[1];
  std::unique_ptr<alicia::target::Target> target;
  std::unique_ptr<alicia::debugger::Debugger> debugger;
  if (argc == 4) {
    alicia::target::Files files;
    files.dump = {argv[3]};
    auto opened = alicia::target::Target::open(files, cancellation);
    if (!opened) {
      std::fprintf(stderr, "%s\n", opened.error().message.c_str());
      return 1;
    }
    target = std::move(*opened);
  } else {
    debugger = std::make_unique<alicia::test::StandInKernel>();
  }
  alicia::session::Session session(settings, std::move(target), std::move(debugger), output, cancellation);
  auto perl = alicia::perl::Interpreter::create(session);
  if (!perl) {
    std::fprintf(stderr, "%s\n", perl.error().message.c_str());
    return 1;
  }
  const auto ran = (*perl)->run(text.str(), argv[2], 1);
  if (!ran || *ran != alicia::script::Outcome::done) {
    std::fprintf(stderr, "%s\n", ran ? "the test file is incomplete" : ran.error().message.c_str());
    return 1;
  }
  if ((*perl)->exit_status() != 0 || !(*perl)->is_package("Test::More")) return (*perl)->exit_status();
  const auto told = (*perl)->run("exit(Test::More->builder->is_passing && Test::More->builder->current_test ? 0 : 1)",
                                 "perl_test_runner", 1);
  return told ? (*perl)->exit_status() : 1;
}

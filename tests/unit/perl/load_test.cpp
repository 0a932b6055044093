// SPDX-License-Identifier: GPL-3.0-or-later
#include "unit/perl/fixture.hpp"

namespace alicia::test {
namespace {

class Load : public PerlTest {
 protected:
  void prepare() override {
    write("shipped/some/hello.ldas",
          "use strict; use warnings;\nsub run { my (@words) = @_; print 'hello ', get_addr('init_task'), \" @words\"; "
          "return }\nsub helper { 1 }\n1;\n");
    write("shipped/some/log.ldas", "sub run { print \"log @_\" } 1;\n");
    write("shipped/some/wrong.ldas", "use strict;\nsub run { $undeclared = 1 }\n1;\n");
    write("shipped/some/empty.ldas", "1;\n");
    write("shipped/some/astray.ldas", "sub run { get_addr('no_such_thing') } 1;\n");
  }
};

TEST_F(Load, DefinesCommands) {
  ASSERT_TRUE(perl_->load(write("banner.ldas", "sub banner { print 'B' }\n1;\n")).has_value());
  EXPECT_TRUE(perl_->defines_sub("banner"));
  ASSERT_TRUE(perl_->call("banner", {}).has_value());
  EXPECT_EQ(output_.take(), "B");
}

TEST_F(Load, SecondLoadReplacesWithoutAWarning) {
  const auto file = write("again.ldas", "use warnings;\nsub again { 1 }\nsub other { again() }\n1;\n");
  ASSERT_TRUE(perl_->load(file).has_value());
  write("again.ldas", "use warnings;\nsub again { 2 }\nsub other { again() }\n1;\n");
  testing::internal::CaptureStderr();
  ASSERT_TRUE(perl_->load(file).has_value());
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  EXPECT_EQ(printed("print again(), other()"), "22");
}

TEST_F(Load, AFileThatDoesNotCompileChangesNothingAndSaysWhere) {
  ASSERT_TRUE(perl_->load(write("good.ldas", "sub one { 1 }\nsub two { one() + 1 }\n1;\n")).has_value());
  EXPECT_EQ(printed("package Animal { our @ISA = ('Thing'); sub legs { 4 } }"), "");
  const auto file =
      write("bad.ldas",
            "sub one { 'replaced' }\nsub brand_new { 1 }\npackage Animal;\nuse parent -norequire, 'Other';\n"
            "sub legs { 6 }\npackage main;\nsub two { 'replaced' }\nsub broken { my $x = ; }\n1;\n");
  const auto done = perl_->load(file);
  ASSERT_FALSE(done.has_value());
  EXPECT_THAT(done.error().message, testing::HasSubstr("bad.ldas line 8"));
  EXPECT_EQ(printed("print one(), two(), Animal->legs, \"@Animal::ISA\""), "124Thing");
  EXPECT_FALSE(perl_->defines_sub("brand_new"));
  EXPECT_EQ(printed("print defined &brand_new ? 'there' : 'gone'"), "gone");
}

TEST_F(Load, AFileThatDiesOrIsNotTrueChangesNothing) {
  EXPECT_EQ(printed("sub one { 1 }"), "");
  EXPECT_THAT(perl_->load(write("dies.ldas", "sub one { 2 }\ndie 'at once';\n")).error().message,
              testing::EndsWith("at once at " + (folder_ / "dies.ldas").string() + " line 2"));
  EXPECT_THAT(perl_->load(write("false.ldas", "sub one { 2 }\n0;\n")).error().message,
              testing::HasSubstr("false.ldas did not return a true value"));
  EXPECT_EQ(printed("print one()"), "1");
}

TEST_F(Load, AShippedCommandSaysWhatFailedAndAScriptAlsoWhere) {
  const auto shipped = perl_->call_shipped("astray", folder_ / "shipped/some/astray.ldas", {});
  ASSERT_FALSE(shipped.has_value());
  EXPECT_EQ(shipped.error().message, "no symbol `no_such_thing`");
  ASSERT_TRUE(perl_->load(write("own.ldas", "sub own { get_addr('no_such_thing') }\n1;\n")).has_value());
  EXPECT_THAT(perl_->call("own", {}).error().message, testing::EndsWith("own.ldas line 1"));
}

TEST_F(Load, LooksInTheLdasFolders) {
  write("ldas/found.ldas", "sub found { 'found' }\n1;\n");
  EXPECT_EQ(printed("load 'found.ldas'; print found()"), "found");
  EXPECT_EQ(printed("load 'nowhere.ldas'"),
            "error: cannot load nowhere.ldas: No such file or directory at prompt line 1");
}

TEST_F(Load, NeedsNoStrictAndTakesUseBenchmark) {
  ASSERT_TRUE(
      perl_->load(write("old.ldas", "sub old { use Benchmark; $total = 1; @list = (1, 2); $total + @list }\n1;\n"))
          .has_value());
  EXPECT_EQ(printed("print old()"), "3");
  EXPECT_EQ(perl_->subs(), std::vector<std::string>{"old"});
}

TEST_F(Load, ShippedCommandsLiveInPackagesOfTheirOwn) {
  ASSERT_TRUE(perl_->call_shipped("hello", folder_ / "shipped/some/hello.ldas", {"you"}).has_value());
  EXPECT_EQ(output_.take(), "hello 0xffff888000001100 you");
  EXPECT_TRUE(perl_->subs().empty());
  EXPECT_EQ(printed("sub run { die } sub hello { die } command('hello', 'me')"), "hello 0xffff888000001100 me");
  EXPECT_EQ(printed("my $text = command('log', 1); print uc $text"), "LOG 1");
}

TEST_F(Load, ShippedCommandThatDoesNotCompileSaysWhere) {
  EXPECT_THAT(perl_->call_shipped("wrong", folder_ / "shipped/some/wrong.ldas", {}).error().message,
              testing::HasSubstr("wrong.ldas line 2"));
  EXPECT_THAT(printed("command('empty')"), testing::HasSubstr("empty.ldas defines no sub run"));
  EXPECT_EQ(printed("command('absent')"), "error: no command `absent` at prompt line 1");
}

TEST_F(Load, PassThroughAsksTheDebugger) {
  EXPECT_EQ(printed("print pass_through('ps')"), "PID COMM\n0 swapper/0\n");
  EXPECT_EQ(printed("@w = map { (split)[1] } split /\\n/, pass_through('ps'); print \"@w\""), "COMM swapper/0");
  EXPECT_EQ(printed("eval { pass_through('bogus') }; print $@->code"), "debugger_error");
  EXPECT_EQ(printed("eval { pass_through(\"ps\\nps\") }; print $@->code"), "bad_argument");
  EXPECT_EQ(printed("eval { pass_through('x' x 1501) }; print $@->code"), "bad_argument");
}

}  // namespace
}  // namespace alicia::test

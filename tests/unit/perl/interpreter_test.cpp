// SPDX-License-Identifier: GPL-3.0-or-later
#include "perl/interpreter.hpp"

#include "unit/perl/fixture.hpp"

namespace alicia::test {
namespace {

class Interpreter : public PerlTest {};

TEST_F(Interpreter, PrintsToTheSessionsOutput) {
  EXPECT_EQ(printed("print 'a', 'b'; say 'c'"), "abc\n");
  EXPECT_EQ(printed("printf '%s-%d', 'x', 7"), "x-7");
  EXPECT_EQ(printed("$| = 1; print 'now'; $| = 0;"), "now");
}

TEST_F(Interpreter, KeepsPackageVariablesAndForgetsMy) {
  EXPECT_EQ(printed("$kept = 5; my $gone = 6;"), "");
  EXPECT_EQ(printed("print $kept; print defined $main::gone ? 'there' : 'gone'"), "5gone");
  EXPECT_EQ(perl_->scalar("kept"), "5");
  EXPECT_EQ(perl_->scalar("never"), std::nullopt);
}

TEST_F(Interpreter, RunsUnderStrictRefsAndSubsButNotVars) {
  EXPECT_EQ(printed("$x = 'name'; print $$x"),
            "error: Can't use string (\"name\") as a SCALAR ref while \"strict refs\" in use at prompt line 1");
  EXPECT_EQ(printed("@undeclared = (1, 2); print \"@undeclared\""), "1 2");
}

TEST_F(Interpreter, SaysFileAndLineOfAnError) {
  const auto done = perl_->run("1;\ndie 'no'", "tasks.ldas", 7);
  ASSERT_FALSE(done.has_value());
  EXPECT_EQ(done.error().message, "no at tasks.ldas line 8");
  EXPECT_EQ(done.error().code, ErrorCode::script_error);
  EXPECT_EQ(printed("die \"without a line\\n\""), "error: without a line");
  EXPECT_EQ(printed("get_addr 'nothing'"), "error: no symbol `nothing` at prompt line 1");
  EXPECT_EQ(printed("sub f { get_addr 'nothing' }\n\nf()"), "error: no symbol `nothing` at prompt line 1");
}

TEST_F(Interpreter, HandsTheCodeOfAnAliciaErrorOn) {
  const auto done = perl_->run("get_mem(0xffff888000001ffc, 2)", "prompt", 1);
  ASSERT_FALSE(done.has_value());
  EXPECT_EQ(done.error().code, ErrorCode::page_excluded);
  EXPECT_EQ(done.error().address, 0xffff888000002000U);
}

TEST_F(Interpreter, SyntaxErrorIsOneLine) {
  EXPECT_EQ(printed("print 1)"), "error: syntax error at prompt line 1, near \"1)\"");
  EXPECT_EQ(printed("my ($x = 1; print $x"), "error: syntax error at prompt line 1, at EOF");
}

class Unfinished : public Interpreter, public testing::WithParamInterface<const char*> {};

TEST_P(Unfinished, AsksForMoreAndRunsNothing) {
  EXPECT_EQ(printed("print 'ran'; " + std::string(GetParam())), "incomplete");
}

INSTANTIATE_TEST_SUITE_P(Input, Unfinished,
                         testing::Values("if (1) {", "print (1,", "print 'abc", "print \"abc", "@x = (1,\n2", "$x = {",
                                         "print <<EOF;\nline", "s/a/", "m{a", "foreach my $t (1) {\n  print $t;",
                                         "sub f {", "print q(", "$x = 1 +", "$x = [1, 2", "qw(a b", "tr/a/"));

class Mistaken : public Interpreter, public testing::WithParamInterface<const char*> {};

TEST_P(Mistaken, IsAnErrorAndSwallowsNothing) {
  EXPECT_THAT(printed(GetParam()), testing::HasSubstr("error: "));
}

INSTANTIATE_TEST_SUITE_P(Input, Mistaken,
                         testing::Values("}", "print 1)", "if (1) }", "1 2", "my $x = ;", "foo(]", "x = 3",
                                         "use No::Such::Module", "die 'at EOF'", "die 'Missing right'", "print 1; )"));

TEST_F(Interpreter, WarningsOfAnUnfinishedLineComeOnce) {
  testing::internal::CaptureStderr();
  EXPECT_EQ(printed("my $x = 1; my $x = 2; if (1) {"), "incomplete");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  testing::internal::CaptureStderr();
  EXPECT_EQ(printed("my $x = 1; my $x = 2; if (1) {\n}"), "");
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            "\"my\" variable $x masks earlier declaration in same scope at prompt line 1.\n");
}

TEST_F(Interpreter, SubsOfMainAreCommands) {
  EXPECT_EQ(printed("sub hello { print \"<@_>\" }"), "");
  EXPECT_TRUE(perl_->defines_sub("hello"));
  EXPECT_FALSE(perl_->defines_sub("get_addr"));
  EXPECT_FALSE(perl_->defines_sub("tasks"));
  EXPECT_FALSE(perl_->defines_sub("print"));
  EXPECT_TRUE(perl_->has_sub("hello"));
  EXPECT_TRUE(perl_->has_sub("get_addr"));
  EXPECT_FALSE(perl_->has_sub("print"));
  EXPECT_FALSE(perl_->has_sub("nosuch"));
  EXPECT_EQ(perl_->subs(), std::vector<std::string>{"hello"});
  ASSERT_TRUE(perl_->call("hello", {"a b", "c"}).has_value());
  perl_->flush();
  EXPECT_EQ(output_.take(), "<a b c>");
  EXPECT_EQ(perl_->call("nobody", {}).error().code, ErrorCode::no_such_command);
}

TEST_F(Interpreter, ImportedSubsAreNoCommands) {
  EXPECT_EQ(printed("use Benchmark; use POSIX;"), "");
  EXPECT_FALSE(perl_->defines_sub("timethese"));
  EXPECT_TRUE(perl_->has_sub("timethese"));
  EXPECT_FALSE(perl_->defines_sub("floor"));
  EXPECT_TRUE(perl_->is_package("Benchmark"));
  EXPECT_FALSE(perl_->is_package("Nowhere"));
  EXPECT_TRUE(perl_->subs().empty());
}

TEST_F(Interpreter, DiesWithObjects) {
  EXPECT_EQ(printed("package Bad { use overload '\"\"' => sub { 'told' } } die bless {}, 'Bad'"), "error: told");
  EXPECT_EQ(printed("package Worse { use overload '\"\"' => sub { die 'twice' } } die bless {}, 'Worse'"),
            "error: died with an object that has no text");
}

}  // namespace
}  // namespace alicia::test

// SPDX-License-Identifier: GPL-3.0-or-later
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "shell/command_line.hpp"
#include "shell/nearest_word.hpp"
#include "shell/perl_words.hpp"
#include "shell/redirection.hpp"

namespace alicia::shell {
namespace {

using testing::ElementsAre;

TEST(PerlWords, TellsSyntaxFromFunctions) {
  for (const auto* word : {"my", "if", "for", "print", "die", "__END__", "local", "require", "xor"})
    EXPECT_TRUE(is_perl_keyword(word)) << word;
  // A debugger may have commands of these names.
  for (const auto* word : {"log", "stat", "dump", "hex", "kill", "foreach", "eval", "wait", "link"}) {
    EXPECT_FALSE(is_perl_keyword(word)) << word;
    EXPECT_TRUE(is_perl_word(word)) << word;
  }
  for (const auto* word : {"x", "ps", "bt", "", "PRINT", "prin", "zzz"})
    EXPECT_FALSE(is_perl_word(word)) << word;
  EXPECT_TRUE(is_quote_operator("qw"));
  EXPECT_FALSE(is_quote_operator("qz"));
}

// perl itself knows which words are its own: each function's prototype can be asked for, which dies of other words.
TEST(PerlWords, AgreeWithPerl) {
  std::string code = "perl -e 'for my $w (qw(";
  std::size_t count = 0;
  for (const auto word : perl_words()) {
    if (is_perl_keyword(word)) continue;
    code += std::string(word) + " ";
    ++count;
  }
  code += ")) { eval { prototype(\"CORE::$w\"); 1 } or print \"$w\\n\"; $n++ } print $n'";
  std::FILE* pipe = popen(code.c_str(), "r");
  ASSERT_NE(pipe, nullptr);
  std::array<char, 4096> text{};
  const auto read = std::fread(text.data(), 1, text.size(), pipe);
  EXPECT_EQ(pclose(pipe), 0);
  EXPECT_EQ(std::string(text.data(), read), std::to_string(count));
  EXPECT_GT(count, 180u);
}

TEST(NearestWord, CountsSlips) {
  EXPECT_EQ(edit_distance("", "abc"), 3u);
  EXPECT_EQ(edit_distance("kmem", "kmem"), 0u);
  EXPECT_EQ(edit_distance("hlep", "help"), 1u);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);
  EXPECT_EQ(edit_distance("ca", "abc"), 3u);  // a swapped pair is not edited again
}

TEST(NearestWord, OnlyWhatIsNear) {
  const std::vector<std::string> words = {"px", "ps", "help", "history", "struct"};
  EXPECT_EQ(nearest_word("psx", words), "ps");
  EXPECT_EQ(nearest_word("hlep", words), "help");
  EXPECT_EQ(nearest_word("histroy", words), "history");
  EXPECT_EQ(nearest_word("strcut", words), "struct");
  EXPECT_EQ(nearest_word("stru", words), "");
  EXPECT_EQ(nearest_word("z", words), "");
  EXPECT_EQ(nearest_word(std::string(100000, 'x'), words), "");
  EXPECT_EQ(nearest_word("psx", {}), "");
}

std::optional<std::string> variable(std::string_view name) {
  if (name == "addr") return "0x10";
  return std::nullopt;
}

TEST(CommandLine, CutsAtTheFirstSeparator) {
  const auto cut = cut_command_line(" ps -m  | grep '|;>' > x ; bt; log ").value();
  EXPECT_EQ(cut.command, "ps -m");
  EXPECT_EQ(cut.shell_tail, "| grep '|;>' > x");
  EXPECT_EQ(cut.rest, "bt; log");
}

TEST(CommandLine, LeavesShsOwnSemicolonsToSh) {
  for (const std::string tail :
       {"| while read a; do echo $a; done", "| for_x", "| if read a; then echo; else true; fi", "| { cat; echo; }",
        "| (cat; echo)", "| case x in x) cat;; esac", "| until read; do :; done | wc", "| sed 's/;/x/'", "| echo \\; x",
        "| for i in 1 2; do while read a; do :; done; done", "| echo $(a; b)", "| echo `a; b`", "| echo \"$(a; b)\"",
        "| cat # no; more"}) {
    const bool comment = tail.find('#') != std::string::npos;
    const std::string line = "ps " + tail + "; bt";
    const auto cut = cut_command_line(line).value();
    EXPECT_EQ(cut.shell_tail, comment ? tail + "; bt" : tail);
    EXPECT_EQ(cut.rest, comment ? "" : "bt") << tail;
  }
  EXPECT_EQ(cut_command_line("ps | echo while; bt").value().rest, "bt");
}

TEST(CommandLine, SplitsWords) {
  const auto words = [](std::string_view text) { return split_words(text, variable).value(); };
  EXPECT_THAT(words(""), ElementsAre());
  EXPECT_THAT(words("  a  b\tc "), ElementsAre("a", "b", "c"));
  EXPECT_THAT(words("'a b' \"c d\" e' 'f"), ElementsAre("a b", "c d", "e f"));
  EXPECT_THAT(words("'' \"\""), ElementsAre("", ""));
  EXPECT_THAT(words("(struct x *)y (a \"b c\")"), ElementsAre("(struct x *)y", "(a \"b c\")"));
  EXPECT_THAT(words("a\\ b '\\n' \"\\n\\\"\""), ElementsAre("a b", "\\n", "\\n\""));
  EXPECT_THAT(words("$addr $addr+1 '$addr' $1 $"), ElementsAre("0x10", "$addr+1", "$addr", "$1", "$"));
  EXPECT_EQ(split_words("$none", variable).error().message, "$none is not defined");
}

TEST(CommandLine, ReplacesWholeVariablesInPlace) {
  EXPECT_EQ(replace_variables("rd  $addr  4 ", variable), "rd  0x10  4 ");
  EXPECT_EQ(replace_variables("p $none ($addr ) \"$addr\" x$addr $addr.y", variable),
            "p $none ($addr ) \"$addr\" x$addr $addr.y");
}

TEST(CommandLine, OpenQuotesAndParenthesesAreErrors) {
  for (const auto* line : {"ps 'a", "ps \"a", "p (a", "ps \"a\\\"", "p ((a)"})
    EXPECT_FALSE(cut_command_line(line)) << line;
  EXPECT_TRUE(cut_command_line("p a)"));
  EXPECT_TRUE(cut_command_line("ps \\'"));
  EXPECT_TRUE(cut_command_line("ps \\"));
}

TEST(Redirection, GivesShItsText) {
  EXPECT_EQ(shell_text("| grep x"), " grep x");
  EXPECT_EQ(shell_text(">> f | wc"), "cat >> f | wc");
}

}  // namespace
}  // namespace alicia::shell

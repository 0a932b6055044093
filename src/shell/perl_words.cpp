// SPDX-License-Identifier: GPL-3.0-or-later
// What Perl 5.36 takes for its own, after its keywords.h and perlfunc, split by one question: may a debugger's command
// have this name? Functions such as `log`, `stat` and `hex` may, and the command wins at the prompt; words that open a
// statement or join two expressions may not. Words that need a feature (`try`, `given`, `isa`) count as well: nobody
// names a command so, and Perl's message is the better one.
#include "shell/perl_words.hpp"

#include <algorithm>
#include <array>

namespace alicia::shell {
namespace {

// All three are sorted.
// clang-format off
constexpr auto kKeywords = std::to_array<std::string_view>({
    "AUTOLOAD", "BEGIN", "CHECK", "DESTROY", "END", "INIT", "UNITCHECK", "__DATA__", "__END__", "__FILE__",
    "__LINE__", "__PACKAGE__", "__SUB__", "and", "break", "catch", "cmp", "continue", "default", "defer", "die", "do",
    "else", "elsif", "eq", "finally", "for", "format", "ge", "given", "goto", "gt", "if", "isa", "last", "le",
    "local", "lt", "my", "ne", "next", "no", "not", "or", "our", "package", "print", "printf", "redo", "require",
    "return", "say", "state", "sub", "try", "unless", "until", "use", "when", "while", "xor"
});

constexpr auto kFunctions = std::to_array<std::string_view>({
    "abs", "accept", "alarm", "atan2", "bind", "binmode", "bless", "caller", "chdir", "chmod", "chomp", "chop",
    "chown", "chr", "chroot", "close", "closedir", "connect", "cos", "crypt", "dbmclose", "dbmopen", "defined",
    "delete", "dump", "each", "endgrent", "endhostent", "endnetent", "endprotoent", "endpwent", "endservent", "eof",
    "eval", "evalbytes", "exec", "exists", "exit", "exp", "fc", "fcntl", "fileno", "flock", "foreach", "fork",
    "formline", "getc", "getgrent", "getgrgid", "getgrnam", "gethostbyaddr", "gethostbyname", "gethostent",
    "getlogin", "getnetbyaddr", "getnetbyname", "getnetent", "getpeername", "getpgrp", "getppid", "getpriority",
    "getprotobyname", "getprotobynumber", "getprotoent", "getpwent", "getpwnam", "getpwuid", "getservbyname",
    "getservbyport", "getservent", "getsockname", "getsockopt", "glob", "gmtime", "grep", "hex", "index", "int",
    "ioctl", "join", "keys", "kill", "lc", "lcfirst", "length", "link", "listen", "localtime", "lock", "log", "lstat",
    "map", "mkdir", "msgctl", "msgget", "msgrcv", "msgsnd", "oct", "open", "opendir", "ord", "pack", "pipe", "pop",
    "pos", "prototype", "push", "quotemeta", "rand", "read", "readdir", "readline", "readlink", "readpipe", "recv",
    "ref", "rename", "reset", "reverse", "rewinddir", "rindex", "rmdir", "scalar", "seek", "seekdir", "select",
    "semctl", "semget", "semop", "send", "setgrent", "sethostent", "setnetent", "setpgrp", "setpriority",
    "setprotoent", "setpwent", "setservent", "setsockopt", "shift", "shmctl", "shmget", "shmread", "shmwrite",
    "shutdown", "sin", "sleep", "socket", "socketpair", "sort", "splice", "split", "sprintf", "sqrt", "srand", "stat",
    "study", "substr", "symlink", "syscall", "sysopen", "sysread", "sysseek", "system", "syswrite", "tell", "telldir",
    "tie", "tied", "time", "times", "truncate", "uc", "ucfirst", "umask", "undef", "unlink", "unpack", "unshift",
    "untie", "utime", "values", "vec", "wait", "waitpid", "wantarray", "warn", "write"
});
// clang-format on

constexpr auto kQuoteOperators = std::to_array<std::string_view>({"m", "q", "qq", "qr", "qw", "qx", "s", "tr", "y"});

static_assert(std::is_sorted(kKeywords.begin(), kKeywords.end()));
static_assert(std::is_sorted(kFunctions.begin(), kFunctions.end()));
static_assert(std::is_sorted(kQuoteOperators.begin(), kQuoteOperators.end()));

bool among_sorted(const auto& words, std::string_view word) {
  return std::binary_search(words.begin(), words.end(), word);
}

}  // namespace

bool is_perl_keyword(std::string_view word) {
  return among_sorted(kKeywords, word);
}
bool is_quote_operator(std::string_view word) {
  return among_sorted(kQuoteOperators, word);
}
bool is_perl_word(std::string_view word) {
  return among_sorted(kFunctions, word) || is_perl_keyword(word) || is_quote_operator(word);
}

std::vector<std::string_view> perl_words() {
  std::vector<std::string_view> words(kFunctions.begin(), kFunctions.end());
  words.insert(words.end(), kKeywords.begin(), kKeywords.end());
  return words;
}

}  // namespace alicia::shell

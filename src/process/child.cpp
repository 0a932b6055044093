// SPDX-License-Identifier: GPL-3.0-or-later
//
// A child process from within a program that has threads, an embedded Perl and a terminal.
//
// posix_spawn, since between fork and exec of a threaded program hardly anything is allowed. SETSID gives the child a
// process group of its own and takes the terminal away: a child in a mere background group would be stopped by SIGTTOU
// at its first tcsetattr. All signals go back to their defaults (libperl leaves SIGFPE ignored) and none is blocked.
//
// The status is looked at with WNOWAIT first: as long as nobody takes it, the number stays the child's, so a signal to
// its group cannot hit a stranger. A script may call wait() and take the status itself; the child is `lost` then.
#include "process/child.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <pthread.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

extern "C" {
#include <sys/pidfd.h>  // glibc 2.36 forgot to say so itself
}

namespace alicia::process {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

struct Pipe {
  UniqueFd read, write;
};

// Both ends above 2, whatever this process has closed: a dup2 onto 0, 1, 2 in the child must not hit another end.
Result<Pipe> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    return failure(ErrorCode::cannot_open, fmt::format("cannot make a pipe: {}", std::strerror(errno)));
  }
  Pipe pipe{UniqueFd(ends[0]), UniqueFd(ends[1])};
  for (UniqueFd* end : {&pipe.read, &pipe.write}) {
    if (end->get() > 2) continue;
    UniqueFd moved(::fcntl(end->get(), F_DUPFD_CLOEXEC, 3));
    if (!moved) {
      return failure(ErrorCode::cannot_open, fmt::format("cannot make a pipe: {}", std::strerror(errno)));
    }
    *end = std::move(moved);
  }
  return pipe;
}

// This process's variables but for those that `added` has.
std::vector<char*> environment_with(std::vector<std::string>& added) {
  std::vector<char*> variables;
  for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable) {
    const std::string_view text(*variable);
    const std::string_view name = text.substr(0, text.find('=') + 1);
    if (std::none_of(added.begin(), added.end(), [&](const std::string& own) { return own.starts_with(name); }))
      variables.push_back(*variable);
  }
  for (std::string& own : added)
    variables.push_back(own.data());
  variables.push_back(nullptr);
  return variables;
}

void set_nonblocking(const UniqueFd& descriptor) {
  ::fcntl(descriptor.get(), F_SETFL, ::fcntl(descriptor.get(), F_GETFL) | O_NONBLOCK);
}

class SpawnSetup {
 public:
  SpawnSetup(const Pipe& input, const Pipe& output, const Pipe& errors) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawn_file_actions_adddup2(&actions_, input.read.get(), STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions_, output.write.get(), STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions_, errors.write.get(), STDERR_FILENO);
    posix_spawn_file_actions_addclosefrom_np(&actions_, 3);  // what others opened without O_CLOEXEC
    posix_spawnattr_init(&attributes_);
    sigset_t signals;
    sigfillset(&signals);
    posix_spawnattr_setsigdefault(&attributes_, &signals);
    sigemptyset(&signals);
    posix_spawnattr_setsigmask(&attributes_, &signals);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  }
  ~SpawnSetup() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }
  SpawnSetup(const SpawnSetup&) = delete;
  SpawnSetup& operator=(const SpawnSetup&) = delete;

  Result<pid_t> spawn(const ChildOptions& options) const {
    std::string name = options.executable.filename().string();
    std::vector<std::string> arguments = options.arguments;
    std::vector<char*> words{name.data()};
    for (std::string& argument : arguments)
      words.push_back(argument.data());
    words.push_back(nullptr);
    std::vector<std::string> added = options.environment;
    auto variables = environment_with(added);
    pid_t pid = -1;
    const int error =
        posix_spawn(&pid, options.executable.c_str(), &actions_, &attributes_, words.data(), variables.data());
    if (error == 0) return pid;
    return failure(ErrorCode::cannot_open,
                   fmt::format("cannot run {}: {}", options.executable.string(), std::strerror(error)));
  }

 private:
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

// Keeps a write to a child that is gone from raising SIGPIPE in this thread, whatever the program does with it.
class WithoutSigpipe {
 public:
  WithoutSigpipe() {
    sigemptyset(&pipe_);
    sigaddset(&pipe_, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  ~WithoutSigpipe() {
    if (raised_ && !sigismember(&before_, SIGPIPE)) {
      const timespec none{};
      sigtimedwait(&pipe_, nullptr, &none);
    }
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  WithoutSigpipe(const WithoutSigpipe&) = delete;
  WithoutSigpipe& operator=(const WithoutSigpipe&) = delete;
  void raised() { raised_ = true; }

 private:
  sigset_t pipe_, before_;
  bool raised_ = false;
};

std::string signal_name(int number) {
  const char* name = sigabbrev_np(number);
  return name ? fmt::format("SIG{}", name) : fmt::format("signal {}", number);
}

}  // namespace

std::string describe(ChildState state) {
  switch (state.kind) {
    case ChildState::Kind::running: return "is running";
    case ChildState::Kind::stopped: return "was stopped by " + signal_name(state.value);
    case ChildState::Kind::exited: return fmt::format("exited with status {}", state.value);
    case ChildState::Kind::killed: return "was killed by " + signal_name(state.value);
    case ChildState::Kind::lost: break;
  }
  return "has ended";
}

Result<std::unique_ptr<Child>> Child::start(const ChildOptions& options) {
  auto input = make_pipe();
  auto output = make_pipe();
  auto errors = make_pipe();
  for (const auto* pipe : {&input, &output, &errors}) {
    if (!*pipe) return failure(*pipe);
  }
  auto pid = SpawnSetup(*input, *output, *errors).spawn(options);
  if (!pid) return failure(std::move(pid));
  return std::unique_ptr<Child>(
      new Child(*pid, std::move(input->write), std::move(output->read), std::move(errors->read)));
}

Child::Child(pid_t pid, UniqueFd input, UniqueFd output, UniqueFd errors)
    : pid_(pid), input_(std::move(input)), output_(std::move(output)), errors_(std::move(errors)) {
  for (const UniqueFd* end : {&input_, &output_, &errors_})
    set_nonblocking(*end);
  // Where the system has no pidfd, `wait` comes back every now and then and `state` tells.
  watch_ = UniqueFd(::pidfd_open(pid_, 0));
}

Child::~Child() {
  kill();
}

ChildState Child::state() {
  if (state_.ended()) return state_;
  siginfo_t info{};
  if (::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) != 0) {
    if (errno == ECHILD) state_ = {ChildState::Kind::lost, 0};
    return state_;
  }
  if (info.si_pid == pid_) {
    ::kill(-pid_, SIGKILL);  // what it left behind; the number is still its own
    int status = 0;
    if (::waitpid(pid_, &status, 0) != pid_) {
      state_ = {ChildState::Kind::lost, 0};
    } else if (WIFSIGNALED(status)) {
      state_ = {ChildState::Kind::killed, WTERMSIG(status)};
    } else {
      state_ = {ChildState::Kind::exited, WEXITSTATUS(status)};
    }
    return state_;
  }
  int status = 0;
  if (::waitpid(pid_, &status, WNOHANG | WUNTRACED | WCONTINUED) != pid_) return state_;
  if (WIFSTOPPED(status)) {
    state_ = {ChildState::Kind::stopped, WSTOPSIG(status)};
  } else if (WIFCONTINUED(status)) {
    state_ = {};
  } else if (WIFSIGNALED(status)) {  // between the two questions
    state_ = {ChildState::Kind::killed, WTERMSIG(status)};
  } else {
    state_ = {ChildState::Kind::exited, WEXITSTATUS(status)};
  }
  return state_;
}

bool Child::write(std::string_view text) {
  if (!input_) return false;
  WithoutSigpipe guard;
  while (!text.empty()) {
    const ssize_t count = ::write(input_.get(), text.data(), text.size());
    if (count > 0) {
      text.remove_prefix(static_cast<std::size_t>(count));
    } else if (errno != EINTR) {
      if (errno == EPIPE) guard.raised();
      return false;
    }
  }
  return true;
}

Child::Wake Child::wait(std::chrono::milliseconds timeout) {
  std::array<pollfd, 3> watched{{{output_.get(), POLLIN, 0}, {errors_.get(), POLLIN, 0}, {watch_.get(), POLLIN, 0}}};
  if (::poll(watched.data(), watched.size(), static_cast<int>(timeout.count())) <= 0) return {};
  return {watched[0].revents != 0, watched[1].revents != 0, watched[2].revents != 0};
}

bool Child::read(Stream stream, std::string& into) {
  UniqueFd& end = stream == Stream::output ? output_ : errors_;
  std::array<char, 65536> buffer;
  for (int round = 0; end && round < 4; ++round) {
    const ssize_t count = ::read(end.get(), buffer.data(), buffer.size());
    if (count > 0) into.append(buffer.data(), static_cast<std::size_t>(count));
    if (count == 0) end.reset();  // or every wait would end at once
    if (count < 0 && errno == EINTR) continue;
    if (count < static_cast<ssize_t>(buffer.size())) break;
  }
  return static_cast<bool>(end);
}

void Child::signal(int number) {
  if (!state().ended()) ::kill(-pid_, number);
}

ChildState Child::wait_for_end(std::chrono::milliseconds timeout) {
  const auto until = Clock::now() + timeout;
  while (!state().ended()) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now());
    if (left <= 0ms) break;
    pollfd watched{watch_.get(), POLLIN, 0};
    ::poll(&watched, 1, static_cast<int>(std::min(left, watch_ ? left : 10ms).count()));
  }
  return state();
}

ChildState Child::kill() {
  // A process in the system's grip (a dead NFS server) dies when that lets go: there is no use in waiting for ever.
  signal(SIGKILL);
  return wait_for_end(5s);
}

ChildState Child::end(std::chrono::milliseconds patience) {
  close_input();
  if (state().kind == ChildState::Kind::stopped || !wait_for_end(patience).ended()) {
    signal(SIGTERM);
    signal(SIGCONT);
    if (!wait_for_end(patience).ended()) kill();
  }
  return state();
}

}  // namespace alicia::process

// SPDX-License-Identifier: GPL-3.0-or-later
#include "debugger/connection.hpp"

#include <fmt/format.h>

#include "base/signals_blocked.hpp"
#include "process/executable.hpp"

namespace alicia::debugger {
namespace {

using namespace std::chrono_literals;
constexpr std::size_t answer_limit = std::size_t{16} << 20;

}  // namespace

Connection::Connection(Options options, std::unique_ptr<Dialect> dialect, const Cancellation& cancellation)
    : options_(std::move(options)),
      dialect_(std::move(dialect)),
      cancellation_(cancellation),
      status_(options_.status) {}

Connection::~Connection() {
  stop();
}

Error Connection::died(std::string_view how) const {
  return {ErrorCode::debugger_died, fmt::format("{}; the next debugger command starts it again", how), {}};
}

Result<void> Connection::start() {
  std::lock_guard questions(questions_);
  std::lock_guard state(state_);
  if (phase_ != Phase::idle) return {};
  return launch();
}

// With `state_` held, and phase idle.
Result<void> Connection::launch() {
  if (starter_.joinable()) starter_.join();  // it has nothing more to do
  give_up_start_.clear();
  trouble_.reset();
  const auto missing = [&](const Error& error) {
    return failure(ErrorCode::debugger_missing,
                   fmt::format("{} cannot be started: {}", dialect_->name(), error.message));
  };
  auto program = process::find_executable(options_.program);
  if (!program) return missing(program.error());
  auto child = process::Child::start({*program, options_.arguments, options_.environment});
  if (!child) return missing(child.error());
  phase_ = Phase::starting;
  const SignalsBlocked blocked;
  starter_ = std::thread([this, begun = std::move(*child)]() mutable { begin(std::move(begun)); });
  return {};
}

// The starting thread.
void Connection::begin(std::unique_ptr<process::Child> child) {
  auto conversation = std::make_unique<Conversation>(std::move(child), *dialect_);
  auto trouble = greet(*conversation);
  std::lock_guard state(state_);
  trouble_ = std::move(trouble);
  if (!trouble_) {
    conversation_ = std::move(conversation);
    phase_ = Phase::ready;
  } else {
    phase_ = trouble_->code == ErrorCode::debugger_refused ? Phase::refused : Phase::idle;
  }
  changed_.notify_all();
}

// The first marker and the prologue; what went wrong.
std::optional<Error> Connection::greet(Conversation& conversation) {
  std::string printed;
  const Conversation::Controls controls{&give_up_start_, {}};
  if (auto greeted = conversation.greet(printed, controls); !greeted) {
    if (greeted.error().code != ErrorCode::debugger_died) return greeted.error();
    if (conversation.end_state().kind == process::ChildState::Kind::exited) return refusal(printed);
    return died(greeted.error().message + " while starting");
  }
  if (prologue_) {
    prologue_([&](std::string_view line) -> Result<std::string> {
      if (auto fine = check(line); !fine) return failure(std::move(fine));
      std::string answer;
      auto asked = conversation.ask(
          line, [&](std::string_view text) { return answer.append(text).size() < answer_limit; }, controls);
      if (!asked) return failure(std::move(asked));
      return answer;
    });
  }
  if (conversation.alive()) return std::nullopt;
  return died(fmt::format("{} {} while starting", dialect_->name(), process::describe(conversation.end_state())));
}

// Why it left before its first marker. Where it didn't say, it is started once more to say more.
Error Connection::refusal(std::string_view printed) {
  auto reason = dialect_->reason(printed);
  if (const auto more = dialect_->talkative(); !reason && !more.empty()) {
    auto arguments = more;
    arguments.insert(arguments.end(), options_.arguments.begin(), options_.arguments.end());
    if (auto program = process::find_executable(options_.program)) {
      if (auto child = process::Child::start({*program, arguments, options_.environment})) {
        Conversation conversation(std::move(*child), *dialect_);
        std::string second;
        conversation.greet(second, {&give_up_start_, {}});
        reason = dialect_->reason(second);
      }
    }
  }
  return {ErrorCode::debugger_refused,
          fmt::format("{} cannot open this dump: {}", dialect_->name(), reason.value_or("it gives no reason")),
          {}};
}

bool Connection::refused() const {
  const std::lock_guard state(state_);
  return phase_ == Phase::refused;
}

Result<void> Connection::wait_for_start() {
  std::unique_lock state(state_);
  if (phase_ != Phase::starting) return {};
  status_.begin(fmt::format("{}: starting", dialect_->name()), "Ctrl-C to stop waiting");
  while (phase_ == Phase::starting && !cancellation_.requested()) {
    changed_.wait_for(state, 50ms);
    status_.tick();
  }
  status_.end();
  if (phase_ != Phase::starting) return {};
  return failure(ErrorCode::interrupted, "interrupted");
}

// With `questions_` held: a debugger that can be asked.
Result<void> Connection::ready() {
  if (cancellation_.requested()) return failure(ErrorCode::interrupted, "interrupted");
  {
    std::lock_guard state(state_);
    if (phase_ == Phase::ready && !conversation_->alive()) {
      const auto end = conversation_->end_state();
      status_.notice(fmt::format("{} {}; starting it again", dialect_->name(), process::describe(end)));
      conversation_.reset();
      phase_ = Phase::idle;
    }
    if (phase_ == Phase::idle) {
      if (auto launched = launch(); !launched) return launched;
    }
  }
  if (auto waited = wait_for_start(); !waited) return waited;
  std::lock_guard state(state_);
  if (trouble_) return tl::unexpected<Error>(*trouble_);
  return {};
}

Result<void> Connection::retry() {
  std::lock_guard questions(questions_);
  {
    std::lock_guard state(state_);
    if (phase_ == Phase::refused) phase_ = Phase::idle;
  }
  return ready();
}

Result<void> Connection::check(std::string_view line) const {
  if (line.find('\n') != line.npos || line.find('\0') != line.npos) {
    return failure(ErrorCode::bad_argument, fmt::format("a {} command is one line", dialect_->name()));
  }
  if (line.size() > dialect_->line_limit()) {
    return failure(ErrorCode::too_long, fmt::format("a {} command takes at most {} bytes, not {}", dialect_->name(),
                                                    dialect_->line_limit(), line.size()));
  }
  return {};
}

Result<void> Connection::ask(std::string_view line, const Sink& sink) {
  if (auto fine = check(line); !fine) return fine;
  std::lock_guard questions(questions_);
  if (auto up = ready(); !up) return up;
  status_.begin(fmt::format("{}: {}", dialect_->name(), line), "Ctrl-C to stop");
  const Sink making_way = [&](std::string_view text) {
    status_.make_way_for(text);
    return sink(text);
  };
  auto asked = conversation_->ask(line, making_way, {&cancellation_, [&] { status_.tick(); }});
  status_.end();
  if (asked || asked.error().code != ErrorCode::debugger_died) return asked;

  const auto end = conversation_->end_state();
  std::lock_guard state(state_);
  conversation_.reset();
  phase_ = Phase::idle;
  if (dialect_->is_farewell(line) && end.kind == process::ChildState::Kind::exited) return {};
  return tl::unexpected<Error>(died(asked.error().message));
}

Result<std::string> Connection::ask(std::string_view line) {
  std::string answer;
  auto asked = ask(line, [&](std::string_view text) { return answer.append(text).size() < answer_limit; });
  if (!asked) return failure(std::move(asked));
  return answer;
}

void Connection::stop() {
  give_up_start_.request();
  std::lock_guard questions(questions_);
  if (starter_.joinable()) starter_.join();
  std::lock_guard state(state_);
  if (conversation_) conversation_->end();
  conversation_.reset();
  if (phase_ != Phase::refused) phase_ = Phase::idle;
}

}  // namespace alicia::debugger

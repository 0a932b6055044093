// SPDX-License-Identifier: GPL-3.0-or-later
//
// Where does an answer end? A debugger behind a pipe prints no prompt, or one that a dump could contain. So each
// command is followed by a second one that prints a marker: a text with a secret of this session and a number of its
// own, spelt differently in the line that asks for it, so that an echo of that line is no marker. Nothing is sent
// before the last marker came.
//
// Where a reply has several lines whose form is not known for certain (lcrash), the form is learnt first: by the part
// of it that is (Dialect).
//
// Interrupting. crash forgets what its stdin buffer holds when SIGINT makes it jump out of a command: in one of four
// tries the marker's line is lost, and the same happens to a line sent too soon after the signal. So markers are sent
// again, each time a new one, and the talk goes on when the last one sent has come: all others lie before it.
#include "debugger/conversation.hpp"

#include <fmt/format.h>
#include <sys/random.h>

#include <algorithm>
#include <csignal>
#include <utility>

namespace alicia::debugger {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using process::Child;
using process::ChildState;

constexpr auto tick_interval = 50ms;
constexpr auto double_press = 1s;
constexpr std::size_t start_text_limit = 65536;

std::uint64_t make_secret() {
  std::uint64_t secret = 0;
  if (::getrandom(&secret, sizeof secret, 0) != sizeof secret) {
    secret = static_cast<std::uint64_t>(Clock::now().time_since_epoch().count());
  }
  return secret;
}

}  // namespace

struct Conversation::Exchange {
  Exchange(AnswerFilter answer_filter, const Sink& answer_sink) : filter(std::move(answer_filter)), sink(answer_sink) {}
  AnswerFilter filter;
  const Sink& sink;
  bool muted = false;  // nobody wants the rest
  bool tired = false;  // the sink said so
};

Conversation::Conversation(std::unique_ptr<Child> child, const Dialect& dialect)
    : child_(std::move(child)), dialect_(dialect), secret_(make_secret()) {}

void Conversation::deliver(Exchange& exchange, std::string_view text) {
  if (text.empty() || exchange.muted) return;
  if (!exchange.sink(text)) exchange.muted = exchange.tired = true;
}

// Reads what is there. What went to the error stream was written before what the output's buffer holds.
void Conversation::drain(Exchange& exchange) {
  std::string errors, output;
  child_->read(Child::Stream::errors, errors);
  deliver(exchange, errors);
  child_->read(Child::Stream::output, output);
  deliver(exchange, exchange.filter.feed(output));
}

Conversation::Step Conversation::step(Exchange& exchange, std::chrono::milliseconds timeout) {
  const auto wake = child_->wait(timeout);
  bool output_ended = false;
  if (wake.errors) {
    std::string text;
    child_->read(Child::Stream::errors, text);
    deliver(exchange, text);
  }
  if (wake.output) {
    std::string text;
    output_ended = !child_->read(Child::Stream::output, text);
    deliver(exchange, exchange.filter.feed(text));
  }
  if (exchange.filter.complete()) {
    drain(exchange);
    belated_ = exchange.filter.rest();
    busy_ = false;
    return Step::answered;
  }
  // A child that closed its output can't answer any more, whatever else it does.
  if (output_ended) child_->wait_for_end(200ms);
  const bool quiet = !wake.output && !wake.errors;
  if (wake.ended || output_ended || (quiet && !alive())) return Step::dead;
  return Step::more;
}

Result<void> Conversation::bury(Exchange& exchange) {
  alive();
  drain(exchange);
  deliver(exchange, exchange.filter.rest());
  const bool closed_output = !end_state_.ended() && end_state_.kind != ChildState::Kind::stopped;
  const auto fate = closed_output ? std::string("closed its output") : process::describe(end_state_);
  if (closed_output) end_state_ = child_->kill();
  if (exchange.filter.complete()) return {};
  return failure(ErrorCode::debugger_died, fmt::format("{} {}", dialect_.name(), fate));
}

bool Conversation::alive() {
  if (end_state_.kind != ChildState::Kind::running) return false;
  end_state_ = child_->state();
  if (end_state_.kind == ChildState::Kind::stopped) child_->kill();
  return end_state_.kind == ChildState::Kind::running;
}

// One marker without a command; gives the line that asked for it. `heard` gets what comes before its reply.
Result<std::string> Conversation::meet(const Heard& heard, const Controls& controls) {
  const Sink sink = [&](std::string_view text) {
    heard(text);
    return true;
  };
  heard(std::exchange(belated_, {}));
  const Marker marker = next_marker();
  // No command and no manners yet: the filter gives all that comes before the marker's reply.
  Exchange exchange(AnswerFilter({}, {}, {}, marker.reply), sink);
  child_->write(marker.line + '\n');
  for (Step now = Step::more; now != Step::answered;) {
    now = step(exchange, tick_interval);
    if (now == Step::dead) {
      if (auto buried = bury(exchange); !buried) return failure(std::move(buried));
      break;
    }
    if (controls.cancellation && controls.cancellation->requested()) {
      end_state_ = child_->kill();
      return failure(ErrorCode::interrupted, "interrupted");
    }
  }
  return marker.line;
}

// Two more markers, whose replies have to be of the same shape. `rest` gets what is left of the last one's.
Result<void> Conversation::learn_shape(std::string_view printed, std::string& rest, const Controls& controls) {
  std::string between;
  std::optional<std::string> shape, again;
  for (auto* learnt : {&shape, &again}) {
    between.clear();
    const auto met = meet(
        [&](std::string_view text) {
          between += text.substr(0, start_text_limit - std::min(between.size(), start_text_limit));
        },
        controls);
    if (!met) return failure(met);
    *learnt = dialect_.shape_of(printed, between, secret_, number_);
  }
  if (!shape || shape != again) {
    return failure(ErrorCode::debugger_refused, fmt::format("{} does not answer as it should: {}", dialect_.name(),
                                                            between.substr(0, between.find('\n', 1))));
  }
  shape_ = *shape;
  rest = dialect_.tail_of(shape_, secret_, number_);
  return {};
}

Result<void> Conversation::greet(std::string& printed, const Controls& controls) {
  const auto first = meet(
      [&](std::string_view text) {
        printed += text;
        if (printed.size() > start_text_limit) printed.erase(0, printed.size() - start_text_limit);
      },
      controls);
  if (!first) return failure(first);
  std::string rest;
  if (dialect_.learns_shape()) {
    if (auto learnt = learn_shape(printed, rest, controls); !learnt) return learnt;
  }
  std::string between;
  const auto second = meet(
      [&](std::string_view text) {
        between += text.substr(0, start_text_limit - std::min(between.size(), start_text_limit));
      },
      controls);
  if (!second) return failure(second);
  if (between.starts_with(rest)) between.erase(0, rest.size());
  manners_ = Manners::learn(between, *second);
  return {};
}

Result<void> Conversation::ask(std::string_view command, const Sink& sink, const Controls& controls) {
  if (controls.cancellation && controls.cancellation->requested()) {
    return failure(ErrorCode::interrupted, "interrupted");
  }
  const Marker marker = next_marker();
  Exchange exchange(AnswerFilter(manners_, command, marker.line, marker.reply), sink);
  std::string late = std::exchange(belated_, {});
  child_->read(Child::Stream::errors, late);
  child_->read(Child::Stream::output, late);
  // The prompt is out before the command is typed; what precedes it is belated output.
  const std::string_view prompt = std::string_view(manners_.prompt).starts_with(late) ? std::string_view(late)
                                  : std::string_view(late).ends_with(manners_.prompt) ? manners_.prompt
                                                                                      : std::string_view();
  deliver(exchange, std::string_view(late).substr(0, late.size() - prompt.size()));
  deliver(exchange, exchange.filter.feed(prompt));

  busy_ = true;
  child_->write(fmt::format("{}\n{}\n", command, marker.line));
  while (true) {
    switch (step(exchange, tick_interval)) {
      case Step::answered: return {};
      case Step::dead: return bury(exchange);
      case Step::more: break;
    }
    if (exchange.tired || (controls.cancellation && controls.cancellation->requested())) {
      return break_off(exchange, controls);
    }
    if (controls.tick) controls.tick();
  }
}

Result<void> Conversation::break_off(Exchange& exchange, const Controls& controls) {
  exchange.muted = true;
  const auto requests = [&] { return controls.cancellation ? controls.cancellation->requests() : 0; };
  const auto result = [&]() -> Result<void> {
    if (requests() == 0) return {};  // a tired sink is no failure
    return failure(ErrorCode::interrupted, "interrupted");
  };
  child_->signal(SIGINT);
  unsigned seen = requests();
  auto pressed = Clock::now(), resend_at = pressed;
  auto patience = 100ms;
  while (true) {
    const auto now = Clock::now();
    if (now >= resend_at) {
      const Marker marker = next_marker();
      exchange.filter = AnswerFilter(manners_, {}, marker.line, marker.reply);
      child_->write(marker.line + '\n');
      resend_at = now + patience;
      patience = std::min(2 * patience, 1600ms);
    }
    switch (step(exchange, tick_interval)) {
      case Step::answered: return result();
      case Step::dead: bury(exchange); return result();
      case Step::more: break;
    }
    if (requests() > seen) {
      if (Clock::now() - pressed <= double_press) {
        end_state_ = child_->kill();
        return failure(ErrorCode::interrupted,
                       fmt::format("interrupted; {} would not stop and was ended", dialect_.name()));
      }
      child_->signal(SIGINT);
      seen = requests();
      pressed = Clock::now();
    }
    if (controls.tick) controls.tick();
  }
}

void Conversation::end() {
  if (!alive()) return;
  if (!busy_) child_->write(std::string(dialect_.farewell()) + '\n');
  if (busy_) child_->signal(SIGINT);  // it takes its temporary files away
  end_state_ = child_->end(1s);
}

}  // namespace alicia::debugger

// SPDX-License-Identifier: GPL-3.0-or-later
//
// Alicia::_salvage: what can be had of a dump that could not be opened.
#include <string_view>
#include <vector>

#include "dump/salvage.hpp"
#include "perl/build.hpp"

namespace alicia::perl {
namespace {

SV* header_of(pTHX_ const dump::Salvage& found) {
  AV* fields = newAV();
  for (const dump::HeaderField& field : found.header) {
    AV* row = newAV();
    for (const std::string* text : {&field.name, &field.value, &field.remark})
      av_push(row, new_text(aTHX_ * text));
    av_push(fields, reference_to(aTHX_ row));
  }
  return reference_to(aTHX_ fields);
}

/// _salvage(FILE): a hash of kind, bytes, header (lists of name, value, what is odd), vmcoreinfo, found_by, pages,
/// unreadable, complete, log (a list of records' texts).
void xs_salvage(pTHX_ CV* cv) {
  dXSARGS;
  require_arguments(aTHX_ items == 1, "_salvage(FILE)");
  State& state = state_of(cv);
  const Text file = text_argument(aTHX_ ST(0));
  ST(0) = guarded(aTHX_[&]()->Result<SV*> {
    return dump::salvage(std::string(file.view()), state.session.cancellation()).map([&](const dump::Salvage& found) {
      HV* facts = newHV();
      AV* log = newAV();
      for (const std::string& record : found.log)
        av_push(log, new_text(aTHX_ record));
      put(aTHX_ facts, "kind", new_text(aTHX_ found.kind));
      put(aTHX_ facts, "bytes", newSVuv(found.bytes));
      put(aTHX_ facts, "header", header_of(aTHX_ found));
      put(aTHX_ facts, "vmcoreinfo", new_text(aTHX_ found.vmcoreinfo));
      put(aTHX_ facts, "found_by", new_text(aTHX_ found.found_by));
      put(aTHX_ facts, "pages", newSVuv(found.pages));
      put(aTHX_ facts, "unreadable", newSVuv(found.unreadable));
      put(aTHX_ facts, "complete", newSViv(found.complete ? 1 : 0));
      put(aTHX_ facts, "log", reference_to(aTHX_ log));
      return reference_to(aTHX_ facts);
    });
  });
  XSRETURN(1);
}

}  // namespace

void define_salvage(pTHX_ State& state) {
  define(aTHX_ state, "Alicia::_salvage", xs_salvage);
}

}  // namespace alicia::perl

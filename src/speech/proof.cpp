#include "speech/proof.h"

#include <array>
#include <string_view>

namespace orpheus::speech {
namespace {

constexpr std::array kFaults = {align::Fault::kSkipped, align::Fault::kRepeated,
                                align::Fault::kStuck, align::Fault::kExchanged,
                                align::Fault::kEndsEarly};

metrics::Counter& pieces(metrics::Registry& registry, std::string_view result) {
  return registry.counter("orpheus_proof_pieces_total",
                          "Pieces of text by the result of their proof",
                          {{"result", std::string(result)}});
}

metrics::Counter& remade(metrics::Registry& registry, align::Fault fault) {
  return registry.counter("orpheus_proof_remade_total",
                          "Pieces of text that were generated again, by the fault of their words",
                          {{"fault", std::string(align::name_of(fault))}});
}

}  // namespace

// All counters are listed from the start, so that rates are right.
ProofCounts::ProofCounts() {
  for (const std::string_view result : {"proven", "failed", "unsure"}) pieces(registry_, result);
  for (const align::Fault fault : kFaults) remade(registry_, fault);
}

void ProofCounts::count_piece(align::Fault fault, bool is_sure) {
  if (!is_sure)
    pieces(registry_, "unsure").add();
  else
    pieces(registry_, fault == align::Fault::kNone ? "proven" : "failed").add();
}

void ProofCounts::count_remade(align::Fault fault) { remade(registry_, fault).add(); }

}  // namespace orpheus::speech

// What a session books without a venue: corporate actions, and the cash flows that it computes itself.
#include "walras/engine/session.hpp"

namespace walras::engine {

using model::Event;

void Session::on_corporate_action(const Event& event) {
    flows_.clear();
    portfolio_.expand(event, flows_);
    for (Event& flow : flows_) { apply_own(flow); }
    post(event);
    if (event.action.kind != model::CorporateActionKind::dividend) {
        orders_.cancel_all(event.instrument, now_, model::Reason::corporate_action);
    }
}

// A cash flow that we computed ourselves: outbound, because a replay of the inbound journal makes it again.
void Session::apply_own(const Event& event) {
    Event own = event;
    own.flags |= model::flag_internal;
    own.sequence = ++own_sequence_;
    journal_out(own);
    post(own);
    cash_flows_.push_back(own);
}

}  // namespace walras::engine

// Quotes, trades and books as they reach the session: prices for the ledger, then callbacks.
#include "walras/engine/session.hpp"

namespace walras::engine {

using model::Event;

namespace {

// Between bid and ask where both are there.
Price middle_of(const model::Quote& quote) {
    const bool two_sided = quote.bid.raw != 0 && quote.ask.raw != 0;
    return two_sided ? Price{quote.bid.raw + (quote.ask.raw - quote.bid.raw) / 2}
                     : (quote.bid.raw != 0 ? quote.bid : quote.ask);
}

}  // namespace

const book::MarketBook* Session::book(InstrumentId instrument) const {
    if (!universe_.contains(instrument)) { return nullptr; }
    const auto& book = books_[instrument.value];
    return book ? &*book : nullptr;
}

void Session::on_quote_event(const Event& event) {
    saw_data_ = true;
    const model::Quote& quote = event.quote;
    quotes_[event.instrument.value] = quote;
    portfolio_.mark(event.instrument, middle_of(quote), event.ts_event);
    for (std::size_t i = 0; i < strategies_.size(); ++i) {
        strategies_[i]->on_quote(context(StrategyId{static_cast<std::uint16_t>(i)}), event.instrument, quote);
    }
    desk_.on_market(event.instrument);
    work_executions();
}

void Session::on_trade_event(InstrumentId instrument, const model::Trade& trade, TimeNs ts) {
    saw_data_ = true;
    portfolio_.mark(instrument, trade.price, ts);
    desk_.on_trade(instrument, trade, ts);
    for (std::size_t i = 0; i < strategies_.size(); ++i) {
        strategies_[i]->on_trade(context(StrategyId{static_cast<std::uint16_t>(i)}), instrument, trade);
    }
    work_executions();
}

// One change of a book. Strategies see the book when its packet is complete.
void Session::on_book_event(const Event& event) {
    auto& slot = books_[event.instrument.value];
    if (!slot) [[unlikely]] { slot.emplace(book::book_config(universe_.at(event.instrument), config_.book_window)); }
    saw_data_ = true;
    const book::BookChange change = slot->apply(event.delta, event.flags);
    if (event.delta.action == model::BookAction::fill && change.traded > 0) {
        model::Trade trade;
        trade.price = event.delta.price.is_zero() ? slot->scale().price(change.tick) : event.delta.price;
        trade.size = Quantity{change.traded};
        trade.aggressor =
            change.side == model::OrderSide::buy ? model::AggressorSide::seller : model::AggressorSide::buyer;
        on_trade_event(event.instrument, trade, event.ts_event);
    }
    if ((event.flags & model::flag_last) != 0) { end_packet(event.instrument, event.ts_event); }
}

void Session::end_packet(InstrumentId instrument, TimeNs ts) {
    const book::MarketBook& book = *books_[instrument.value];
    const model::Quote quote = book.quote();
    auto& known = quotes_[instrument.value];
    const bool priced = quote.bid.raw != 0 || quote.ask.raw != 0;
    if (priced && (!known || known->bid != quote.bid || known->ask != quote.ask)) {
        portfolio_.mark(instrument, middle_of(quote), ts);
    }
    known = quote;
    for (std::size_t i = 0; i < strategies_.size(); ++i) {
        strategies_[i]->on_book(context(StrategyId{static_cast<std::uint16_t>(i)}), instrument, book);
    }
    desk_.on_market(instrument);
    work_executions();
}

}  // namespace walras::engine

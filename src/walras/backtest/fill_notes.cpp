#include "walras/backtest/fill_notes.hpp"

#include <fmt/format.h>

#include "walras/core/decimal.hpp"
#include "walras/core/time.hpp"

namespace walras::backtest {

std::string_view to_string(NoteKind kind) {
    switch (kind) {
        case NoteKind::arrived: return "arrived";
        case NoteKind::took: return "took";
        case NoteKind::joined: return "joined";
        case NoteKind::advanced: return "advanced";
        case NoteKind::canceled_ahead: return "canceled_ahead";
        case NoteKind::passed: return "passed";
        case NoteKind::reached: return "reached";
        case NoteKind::triggered: return "triggered";
        case NoteKind::filled: return "filled";
        case NoteKind::replaced: return "replaced";
        case NoteKind::ended: return "ended";
    }
    return "unknown";
}

std::vector<std::string> explain(const std::vector<FillNote>& notes, const model::Instrument& instrument) {
    std::vector<std::string> out;
    out.reserve(notes.size());
    const double unit = static_cast<double>(instrument.lot_size) / 1e9;
    const auto price = [](Price p) { return core::format_fixed(p.raw); };
    for (const FillNote& n : notes) {
        const double size = n.lots * unit;
        const double ahead = n.ahead * unit;
        std::string text;
        switch (n.kind) {
            case NoteKind::arrived: text = fmt::format("the exchange has it: {:g}", size); break;
            case NoteKind::took: text = fmt::format("takes {:g} at {}", size, price(n.price)); break;
            case NoteKind::joined:
                text = fmt::format("joins the queue at {} with {:g}, {:g} before it", price(n.price), size, ahead);
                break;
            case NoteKind::advanced:
                text = fmt::format("{:g} trade at {}: {:g} before it now", size, price(n.price), ahead);
                break;
            case NoteKind::canceled_ahead:
                text = fmt::format("{:g} before it leave: {:g} before it now", size, ahead);
                break;
            case NoteKind::passed: text = fmt::format("the market comes to {}", price(n.price)); break;
            case NoteKind::reached:
                text = fmt::format("a trade at {} uses up the queue before it: {:g} are left for it", price(n.price),
                                   size);
                break;
            case NoteKind::triggered: text = "its trigger is touched"; break;
            case NoteKind::filled: text = fmt::format("fills {:g} at {}", size, price(n.price)); break;
            case NoteKind::replaced: text = fmt::format("is replaced: {:g} left", size); break;
            case NoteKind::ended: text = fmt::format("ends with {:g} left", size); break;
        }
        out.push_back(fmt::format("{}  {}  [bid {} ask {}]", format_time(n.ts), text, price(n.bid), price(n.ask)));
    }
    return out;
}

}  // namespace walras::backtest

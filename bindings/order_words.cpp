#include "order_words.hpp"

#include <fmt/format.h>

#include "py_numbers.hpp"
#include "walras/core/error.hpp"

namespace walras::python {

using model::Instrument;
using model::OrderSide;
using model::OrderType;
using model::Request;
using model::SizeKind;

namespace {

// Bare numbers above these are percent without their sign: 50 for 50 %.
constexpr double largest_share = 10;
constexpr double largest_distance = 1;

std::uint32_t tag_of(std::vector<std::string>& tags, const std::string& tag) {
    if (tag.empty()) { return 0; }
    for (std::size_t i = tags.size(); i-- > 0;) {
        if (tags[i] == tag) { return static_cast<std::uint32_t>(i + 1); }
        if (tags.size() - i > 64) { break; }
    }
    tags.push_back(tag);
    return static_cast<std::uint32_t>(tags.size());
}

template <class Enum>
Enum parse_or_throw(const char* what, const std::string& text, std::optional<Enum> (*parse)(std::string_view),
                    const char* choices) {
    if (const auto value = parse(text)) { return *value; }
    throw OrderError(fmt::format("{} \"{}\" is unknown; choose one of: {}.", what, text, choices));
}

model::Leg leg_from_python(nb::handle price, nb::handle distance, nb::handle trailing, const Instrument& instrument,
                           const char* what) {
    model::Leg leg;
    if (!price.is_none()) { leg.price = price_from_python(price, instrument, what); }
    if (!distance.is_none()) {
        leg.distance = rate_from_python(distance, what, largest_distance);
        if (leg.distance.raw <= 0) { throw OrderError(fmt::format("{}: the distance must be positive.", what)); }
    }
    if (!trailing.is_none()) { leg.trailing_offset = fixed_from_python(trailing, what); }
    return leg;
}

void read_size(Request& request, const OrderWords& words, const Instrument& instrument) {
    const int sizes =
        (words.quantity.is_none() ? 0 : 1) + (words.value.is_none() ? 0 : 1) + (words.percent.is_none() ? 0 : 1);
    if (sizes != 1) {
        throw OrderError(
            "Give exactly one of quantity (units), value (money) and percent (of equity, 0.5 or \"50%\").");
    }
    if (!words.quantity.is_none()) {
        request.terms.quantity = quantity_from_python(words.quantity, instrument);
    } else if (!words.value.is_none()) {
        request.size.kind = SizeKind::value;
        request.size.value = Money{fixed_from_python(words.value, "Value")};
        if (request.size.value.raw <= 0) { throw OrderError("Value must be positive; the side says the direction."); }
    } else {
        request.size.kind = SizeKind::percent;
        request.size.percent = rate_from_python(words.percent, "Percent", largest_share);
        if (request.size.percent.raw <= 0) {
            throw OrderError("Percent must be positive; the side says the direction.");
        }
    }
}

void read_prices(model::OrderTerms& terms, const OrderWords& words, const Instrument& instrument) {
    const bool trails = !words.trail.is_none() || !words.trail_bps.is_none();
    if (trails && !(words.stop.is_none() && words.limit.is_none())) {
        throw OrderError("A trailing stop takes neither stop nor limit; leave them out.");
    }
    const bool touches = !words.touch.is_none();
    if (touches && (trails || !words.stop.is_none())) {
        throw OrderError("An order waits for one price: give one of stop, touch and trail.");
    }
    if (touches) { terms.trigger = price_from_python(words.touch, instrument, "Touch"); }
    if (!words.limit.is_none()) { terms.price = price_from_python(words.limit, instrument, "Limit"); }
    if (!words.stop.is_none()) { terms.trigger = price_from_python(words.stop, instrument, "Stop"); }
    if (trails) {
        terms.type = OrderType::trailing_stop;
        terms.trailing_kind = words.trail.is_none() ? model::TrailingOffset::bps : model::TrailingOffset::price;
        terms.trailing_offset =
            fixed_from_python(words.trail.is_none() ? words.trail_bps : words.trail, "Trailing offset");
    } else if (touches) {
        terms.type = words.limit.is_none() ? OrderType::market_if_touched : OrderType::limit_if_touched;
    } else if (!words.stop.is_none()) {
        terms.type = words.limit.is_none() ? OrderType::stop : OrderType::stop_limit;
    } else if (!words.limit.is_none()) {
        terms.type = OrderType::limit;
    }
}

}  // namespace

std::uint64_t place(PyContext& self, nb::handle instrument_key, OrderSide side, const OrderWords& words) {
    strategy::Context& context = self.get();
    const InstrumentId id = self.names().find(instrument_key);
    const Instrument& instrument = context.universe().at(id);
    Request request;
    auto& terms = request.terms;
    terms.instrument = id;
    terms.side = side;
    read_size(request, words, instrument);
    read_prices(terms, words, instrument);
    terms.time_in_force = parse_or_throw("Time in force", words.tif, &model::parse_time_in_force,
                                         "gtc, ioc, fok, gtd, day, at_the_open, at_the_close");
    if (!words.expire.is_none()) { terms.expire_time = time_from_python(words.expire, "Expire"); }
    if (!words.display.is_none()) { terms.display_quantity = quantity_from_python(words.display, instrument); }
    terms.post_only = words.post_only;
    terms.reduce_only = words.reduce_only;
    if (!words.stop_loss.is_none() || !words.stop_loss_pct.is_none() || !words.trailing_stop_loss.is_none()) {
        request.stop_loss =
            leg_from_python(words.stop_loss, words.stop_loss_pct, words.trailing_stop_loss, instrument, "Stop loss");
    }
    if (!words.trailing_stop_loss_bps.is_none()) {
        if (request.stop_loss) {
            throw OrderError(
                "A bracket has one stop loss: give one of stop_loss, stop_loss_pct, trailing_stop_loss and "
                "trailing_stop_loss_bps.");
        }
        request.stop_loss =
            leg_from_python(nb::none(), nb::none(), words.trailing_stop_loss_bps, instrument, "Stop loss");
        request.stop_loss->trailing_kind = model::TrailingOffset::bps;
    }
    if (!words.take_profit.is_none() || !words.take_profit_pct.is_none()) {
        request.take_profit =
            leg_from_python(words.take_profit, words.take_profit_pct, nb::none(), instrument, "Take profit");
    }
    if (!words.after.is_none()) {
        request.after = OrderId{id_from_python(words.after, "after", "ctx.buy or ctx.sell")};
    }
    if (!words.oco.is_none()) {
        request.list = OrderListId{id_from_python(words.oco, "oco", "ctx.new_oco()")};
        request.contingency = model::Contingency::oco;
    }
    if (!words.ouo.is_none()) {
        if (!words.oco.is_none()) { throw OrderError("An order belongs to one list: give oco or ouo, not both."); }
        request.list = OrderListId{id_from_python(words.ouo, "ouo", "ctx.new_oco()")};
        request.contingency = model::Contingency::ouo;
    }
    request.tag = tag_of(self.tags(), words.tag);
    return context.place(request).value;
}

std::uint64_t target(PyContext& self, nb::handle instrument_key, nb::handle quantity, nb::handle value,
                     nb::handle percent, const std::string& tag) {
    strategy::Context& context = self.get();
    const InstrumentId id = self.names().find(instrument_key);
    const Instrument& instrument = context.universe().at(id);
    const int sizes = (quantity.is_none() ? 0 : 1) + (value.is_none() ? 0 : 1) + (percent.is_none() ? 0 : 1);
    if (sizes != 1) { throw OrderError("Give exactly one of quantity, value and percent as the target."); }
    Request request;
    request.terms.instrument = id;
    if (!quantity.is_none()) {
        request.size.kind = SizeKind::target_lots;
        request.size.lots = quantity_from_python(quantity, instrument, true).lots;
    } else if (!value.is_none()) {
        request.size.kind = SizeKind::target_value;
        request.size.value = Money{fixed_from_python(value, "Value")};
    } else {
        request.size.kind = SizeKind::target_percent;
        request.size.percent = rate_from_python(percent, "Percent", largest_share);
    }
    request.tag = tag_of(self.tags(), tag);
    return context.place(request).value;
}

}  // namespace walras::python

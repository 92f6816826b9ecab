// The words of ctx.buy, ctx.sell and ctx.target as a request.
#pragma once

#include <string>

#include "py_context.hpp"
#include "walras/model/request.hpp"

namespace walras::python {

// Everything that an order can say beside instrument, side and size. All are Python objects or plain values.
struct OrderWords {
    nb::handle quantity, value, percent;
    nb::handle limit, stop, touch, trail, trail_bps, display;
    std::string tif;
    nb::handle expire;
    bool post_only = false;
    bool reduce_only = false;
    nb::handle stop_loss, stop_loss_pct, trailing_stop_loss, trailing_stop_loss_bps, take_profit, take_profit_pct;
    nb::handle after, oco, ouo;
    std::string tag;
};

// Returns the order's id; its protective legs have the next ids, stop before target. Throws OrderError.
std::uint64_t place(PyContext& self, nb::handle instrument_key, model::OrderSide side, const OrderWords& words);

std::uint64_t target(PyContext& self, nb::handle instrument_key, nb::handle quantity, nb::handle value,
                     nb::handle percent, const std::string& tag);

}  // namespace walras::python

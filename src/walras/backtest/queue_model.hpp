// How much stands before our order at its price, where the feed shows levels and not orders (L2).
//
// A new order stands behind all that is there. Trades at its price take from the front. When the level shrinks by more
// than was traded, somebody canceled, before us or behind us: that is what the models differ in. Where the feed shows
// orders (L3) nothing is guessed and no model is asked.
//
// Quantities are in units of the instrument, because log models are not the same in other units. Models are immutable
// and shared by any number of runs. Source: hftbacktest's models of the same names; Rigtorp (2013).
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace walras::backtest {

class QueueModel {
public:
    QueueModel() = default;
    QueueModel(const QueueModel&) = delete;
    QueueModel& operator=(const QueueModel&) = delete;
    virtual ~QueueModel() = default;
    // What is before us after the level, `before` large, lost `canceled` >= 0 without a trade. May be negative.
    [[nodiscard]] virtual double ahead_after(double ahead, double canceled, double before) const = 0;
    [[nodiscard]] virtual std::string describe() const = 0;
};

using QueueModelPtr = std::shared_ptr<const QueueModel>;

// Only trades move us forward; and we are never behind more than the level holds.
QueueModelPtr risk_averse_queue();
// A cancellation was behind us with probability f(back) / (f(back) + f(front)), f(x) = x^n (form 1);
// f(back) / f(back + front) (form 2); 1 - f(front / (front + back)) (form 3). Throws ConfigError: n <= 0, other forms.
QueueModelPtr power_queue(double n, int form = 1);
// Forms 1 and 2 with f(x) = log(1 + x).
QueueModelPtr log_queue(int form = 1);

}  // namespace walras::backtest

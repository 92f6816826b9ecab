// Two plain shares and an account of 10,000 USD: the world of most tests above the ledger.
#pragma once

#include "walras/model/instrument.hpp"
#include "walras/portfolio/account.hpp"

namespace walras::tests {

struct Shares {
    model::Universe universe;
    CurrencyId usd = universe.currency("USD");
    InstrumentId a = add("A");
    InstrumentId b = add("B");
    portfolio::AccountConfig account;

    Shares() {
        account.base_currency = usd;
        account.balances = {{usd, Money::of(10'000)}};
    }
    InstrumentId add(const char* symbol) {
        model::Instrument i;
        i.symbol = symbol;
        i.venue = "SIM";
        i.currency = usd;
        i.max_quantity = Quantity{1'000'000};
        i.validate();
        return universe.add(i);
    }
};

}  // namespace walras::tests

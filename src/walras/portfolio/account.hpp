// How an account is run: what it may hold, what it may borrow, what that costs.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "walras/core/fixed.hpp"
#include "walras/core/ids.hpp"
#include "walras/model/instrument.hpp"

namespace walras::portfolio {

enum class AccountKind : std::uint8_t {
    cash,    // pays in full, never short, never below zero: the risk gate refuses what would break this
    margin,  // may borrow cash and instruments against equity
};

// How fills on one instrument combine.
enum class PositionMode : std::uint8_t {
    netting,  // one position per strategy and instrument; the PositionId of a fill is ignored
    hedging,  // a position per PositionId: long and short side by side
};

struct Balance {
    CurrencyId currency{};
    Money amount{};
};

// Overrides of the account's rates for one instrument; what is not given stays the account's.
struct InstrumentTerms {
    InstrumentId instrument{};
    std::optional<Rate> initial_margin{};
    std::optional<Rate> maintenance_margin{};
    std::optional<Rate> borrow_rate{};  // per year, on the value of short positions
};

struct AccountConfig {
    std::string name = "main";
    AccountKind kind = AccountKind::margin;
    PositionMode mode = PositionMode::netting;
    CurrencyId base_currency{};  // what equity is reported in
    std::vector<Balance> balances;
    Rate initial_margin = Rate::of(1.0);       // 1 = no leverage, 0.5 = two to one
    Rate maintenance_margin = Rate::of(0.25);  // of the value of open positions; not above the initial rate
    Rate debit_rate{};                         // per year, on negative cash
    Rate credit_rate{};                        // per year, on positive cash
    Rate borrow_rate{};                        // per year, on the value of short positions
    int day_count = 365;                       // days in the year of these rates
    std::vector<InstrumentTerms> instruments;
    std::vector<std::string> venues;  // the venues it settles; empty = all that no other account names

    void validate(const model::Universe& universe) const;  // throws ConfigError
};

// The account of each instrument, by instrument id. Throws ConfigError where a venue has two accounts or none.
std::vector<AccountId> assign_accounts(const model::Universe& universe, const std::vector<AccountConfig>& accounts);

}  // namespace walras::portfolio

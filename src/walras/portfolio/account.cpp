#include "walras/portfolio/account.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "walras/core/error.hpp"

namespace walras::portfolio {
namespace {

void check_rate(const AccountConfig& account, std::string_view name, Rate rate) {
    if (rate.raw < 0) {
        throw ConfigError(fmt::format("Account {}: {} is {}; give zero or more (0.05 is five percent).", account.name,
                                      name, core::format_fixed(rate.raw)));
    }
}

// A credit rate may be negative: banks have charged for deposits.
void check_rates(const AccountConfig& account) {
    check_rate(account, "initial_margin", account.initial_margin);
    check_rate(account, "maintenance_margin", account.maintenance_margin);
    check_rate(account, "debit_rate", account.debit_rate);
    check_rate(account, "borrow_rate", account.borrow_rate);
}

void check_margins(const AccountConfig& account, std::string_view subject, Rate initial, Rate maintenance) {
    if (account.kind == AccountKind::margin && maintenance > initial) {
        throw ConfigError(fmt::format(
            "Account {}{}: maintenance_margin {} is above initial_margin {}, so that a new position would be called at "
            "once; lower maintenance_margin.",
            account.name, subject, core::format_fixed(maintenance.raw), core::format_fixed(initial.raw)));
    }
}

}  // namespace

void AccountConfig::validate(const model::Universe& universe) const {
    if (base_currency.value >= universe.currency_count()) {
        throw ConfigError(fmt::format("Account {}: base currency {} is unknown; add it to the universe first.", name,
                                      base_currency.value));
    }
    check_rates(*this);
    check_margins(*this, "", initial_margin, maintenance_margin);
    if (day_count < 1 || day_count > 366) {
        throw ConfigError(fmt::format("Account {}: day_count is {}; the usual ones are 360 and 365.", name, day_count));
    }
    std::set<CurrencyId> seen;
    for (const Balance& balance : balances) {
        if (balance.currency.value >= universe.currency_count()) {
            throw ConfigError(
                fmt::format("Account {}: a balance is in the unknown currency {}.", name, balance.currency.value));
        }
        const std::string& code = universe.at(balance.currency).code;
        if (!seen.insert(balance.currency).second) {
            throw ConfigError(fmt::format("Account {}: two balances in {}; give their sum.", name, code));
        }
        if (kind == AccountKind::cash && balance.amount.raw < 0) {
            throw ConfigError(fmt::format("Account {}: a cash account cannot start with {} {}.", name,
                                          core::format_fixed(balance.amount.raw), code));
        }
    }
    for (const InstrumentTerms& terms : instruments) {
        if (!universe.contains(terms.instrument)) {
            throw ConfigError(
                fmt::format("Account {}: terms for the unknown instrument {}.", name, terms.instrument.value));
        }
        const Rate initial = terms.initial_margin.value_or(initial_margin);
        const Rate maintenance = terms.maintenance_margin.value_or(maintenance_margin);
        check_rate(*this, "an instrument's initial_margin", initial);
        check_rate(*this, "an instrument's maintenance_margin", maintenance);
        check_rate(*this, "an instrument's borrow_rate", terms.borrow_rate.value_or(borrow_rate));
        check_margins(*this, ", " + universe.at(terms.instrument).name(), initial, maintenance);
    }
}

std::vector<AccountId> assign_accounts(const model::Universe& universe, const std::vector<AccountConfig>& accounts) {
    const auto owner_of = [&](const std::string& venue) {
        const AccountConfig* by_name = nullptr;
        const AccountConfig* for_the_rest = nullptr;
        for (const AccountConfig& account : accounts) {
            const bool names_it = std::ranges::find(account.venues, venue) != account.venues.end();
            const AccountConfig*& slot = account.venues.empty() ? for_the_rest : by_name;
            if (!names_it && !account.venues.empty()) { continue; }
            if (slot != nullptr) {
                throw ConfigError(fmt::format("Accounts {} and {} both settle venue {}; let one of them name others.",
                                              slot->name, account.name, venue));
            }
            slot = &account;
        }
        const AccountConfig* owner = by_name != nullptr ? by_name : for_the_rest;
        if (owner == nullptr) {
            throw ConfigError(fmt::format("No account settles venue {}; add it to an account's venues.", venue));
        }
        return AccountId{static_cast<std::uint16_t>(owner - accounts.data())};
    };
    std::vector<AccountId> owners;
    owners.reserve(universe.size());
    for (const model::Instrument& instrument : universe) { owners.push_back(owner_of(instrument.venue)); }
    return owners;
}

}  // namespace walras::portfolio

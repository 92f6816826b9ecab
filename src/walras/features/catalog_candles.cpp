// The catalogue's candle patterns: sixty-one rules over the last candles, the newest is c[0]. They are those of TA-Lib,
// by its conditions; sources: S. Nison, "Japanese Candlestick Charting Techniques"; T. Bulkowski's descriptions.
#include "walras/features/candles.hpp"
#include "walras/features/catalog.hpp"

namespace walras::features {
namespace {

using C = Candles;

template <class Rule>
struct AtDepth {
    Rule rule;
    double depth;
    double operator()(const C& c) const { return rule(c, depth); }
};

class Table {
public:
    explicit Table(std::vector<Spec>& out) : out_(out) {}

    // A rule without parameters.
    template <unsigned Sums, std::size_t Before, class Rule>
    void add(const char* name, const char* class_name, const char* title, const char* talib, const char* meaning,
             Rule rule) {
        push(name, class_name, title, talib, meaning, {},
             [rule](const core::Parameters&) { return as_indicator(CandleNode<Sums, Before, Rule>(rule)); });
    }
    // A rule that asks how far into the body the close must reach: rule(c, penetration).
    template <unsigned Sums, std::size_t Before, class Rule>
    void add_penetration(const char* name, const char* class_name, const char* title, const char* talib,
                         const char* meaning, double usual, Rule rule) {
        push(name, class_name, title, talib, meaning,
             {number_parameter("penetration", usual, 0, 1,
                               "How far the close must reach into the first body, as a share.")},
             [rule](const core::Parameters& p) {
                 return as_indicator(CandleNode<Sums, Before, AtDepth<Rule>>({rule, p.number("penetration")}));
             });
    }

private:
    void push(const char* name, const char* class_name, const char* title, const char* talib, const char* meaning,
              std::vector<core::Parameter> parameters,
              std::function<std::unique_ptr<Indicator>(const core::Parameters&)> make) {
        out_.push_back({name,
                        class_name,
                        title,
                        "candle",
                        {"open", "high", "low", "close"},
                        {name},
                        std::move(parameters),
                        meaning,
                        talib,
                        std::move(make)});
    }
    std::vector<Spec>& out_;
};

constexpr double bullish(bool found) { return found ? 100 : 0; }
constexpr double bearish(bool found) { return found ? -100 : 0; }
constexpr double signed_by(double color, bool found) { return found ? 100 * color : 0; }

Truth opens_within_body(const Candle& now, const Candle& before) {
    return Truth{now.open < before.open} && now.open > before.close;
}
Truth opens_near_body(const Candle& now, const Candle& before) {
    return Truth{now.open >= before.bottom() - before.near()} && now.open <= before.top() + before.near();
}
Truth has_no_shadows(const Candle& c) {
    return Truth{c.upper_shadow() < c.very_short()} && c.lower_shadow() < c.very_short();
}
// The last two, three or four.
Truth are_white(const C& c, std::size_t count) {
    return c[0].is_white() && c[1].is_white() && (count < 3 || c[2].is_white()) && (count < 4 || c[3].is_white());
}
Truth are_black(const C& c, std::size_t count) {
    return c[0].is_black() && c[1].is_black() && (count < 3 || c[2].is_black()) && (count < 4 || c[3].is_black());
}

// One candle.
void add_single(Table& t) {
    t.add<bodies | ranges, 0>("cdl_belt_hold", "CdlBeltHold", "Belt-hold", "CDLBELTHOLD",
                              "A long candle that opens at its low (100) or high (-100).", [](const C& c) {
                                  const bool found =
                                      c[0].is_long() &&
                                      (c[0].is_white() ? c[0].lower_shadow() : c[0].upper_shadow()) < c[0].very_short();
                                  return signed_by(c[0].color(), found);
                              });
    t.add<bodies | ranges, 0>("cdl_closing_marubozu", "CdlClosingMarubozu", "Closing marubozu", "CDLCLOSINGMARUBOZU",
                              "A long candle that closes at its high (100) or low (-100).", [](const C& c) {
                                  const bool found =
                                      c[0].is_long() &&
                                      (c[0].is_white() ? c[0].upper_shadow() : c[0].lower_shadow()) < c[0].very_short();
                                  return signed_by(c[0].color(), found);
                              });
    t.add<ranges, 0>("cdl_doji", "CdlDoji", "Doji", "CDLDOJI",
                     "Open and close are nearly equal: 100. It says indecision, not direction.",
                     [](const C& c) { return bullish(c[0].is_doji()); });
    t.add<ranges, 0>("cdl_dragonfly_doji", "CdlDragonflyDoji", "Dragonfly doji", "CDLDRAGONFLYDOJI",
                     "A doji at the high of its range, with a lower shadow: 100.", [](const C& c) {
                         return bullish(c[0].is_doji() && c[0].upper_shadow() < c[0].very_short() &&
                                        c[0].lower_shadow() > c[0].very_short());
                     });
    t.add<ranges, 0>("cdl_gravestone_doji", "CdlGravestoneDoji", "Gravestone doji", "CDLGRAVESTONEDOJI",
                     "A doji at the low of its range, with an upper shadow: 100.", [](const C& c) {
                         return bullish(c[0].is_doji() && c[0].lower_shadow() < c[0].very_short() &&
                                        c[0].upper_shadow() > c[0].very_short());
                     });
    t.add<bodies, 0>("cdl_high_wave", "CdlHighWave", "High-wave candle", "CDLHIGHWAVE",
                     "A short body between two very long shadows; the sign is the color.", [](const C& c) {
                         const double limit = c[0].very_long_shadow();
                         return signed_by(c[0].color(), c[0].is_short() && c[0].upper_shadow() > limit &&
                                                            c[0].lower_shadow() > limit);
                     });
    t.add<ranges, 0>("cdl_long_legged_doji", "CdlLongLeggedDoji", "Long-legged doji", "CDLLONGLEGGEDDOJI",
                     "A doji with at least one long shadow: 100.", [](const C& c) {
                         const double limit = c[0].long_shadow();
                         return bullish(c[0].is_doji() && (c[0].lower_shadow() > limit || c[0].upper_shadow() > limit));
                     });
    t.add<bodies | shadows, 0>("cdl_long_line", "CdlLongLine", "Long line candle", "CDLLONGLINE",
                               "A long body between short shadows; the sign is the color.", [](const C& c) {
                                   const double limit = c[0].short_shadow();
                                   return signed_by(c[0].color(), c[0].is_long() && c[0].upper_shadow() < limit &&
                                                                      c[0].lower_shadow() < limit);
                               });
    t.add<bodies | ranges, 0>(
        "cdl_marubozu", "CdlMarubozu", "Marubozu", "CDLMARUBOZU", "A long body without shadows; the sign is the color.",
        [](const C& c) { return signed_by(c[0].color(), c[0].is_long() && has_no_shadows(c[0])); });
    t.add<ranges | near_ranges, 0>("cdl_rickshaw_man", "CdlRickshawMan", "Rickshaw man", "CDLRICKSHAWMAN",
                                   "A doji in the middle of two long shadows: 100.", [](const C& c) {
                                       const double middle = c[0].low + c[0].range() / 2;
                                       return bullish(c[0].is_doji() && c[0].lower_shadow() > c[0].long_shadow() &&
                                                      c[0].upper_shadow() > c[0].long_shadow() &&
                                                      c[0].bottom() <= middle + c[0].near() &&
                                                      c[0].top() >= middle - c[0].near());
                                   });
    t.add<bodies | shadows, 0>("cdl_short_line", "CdlShortLine", "Short line candle", "CDLSHORTLINE",
                               "A short body between short shadows; the sign is the color.", [](const C& c) {
                                   const double limit = c[0].short_shadow();
                                   return signed_by(c[0].color(), c[0].is_short() && c[0].upper_shadow() < limit &&
                                                                      c[0].lower_shadow() < limit);
                               });
    t.add<bodies, 0>("cdl_spinning_top", "CdlSpinningTop", "Spinning top", "CDLSPINNINGTOP",
                     "A short body between shadows that are longer than it; the sign is the color.", [](const C& c) {
                         const double limit = c[0].body();
                         return signed_by(c[0].color(), c[0].is_short() && c[0].upper_shadow() > limit &&
                                                            c[0].lower_shadow() > limit);
                     });
    t.add<ranges, 0>("cdl_takuri", "CdlTakuri", "Takuri (dragonfly doji with a very long lower shadow)", "CDLTAKURI",
                     "A doji at its high over a very long lower shadow: 100.", [](const C& c) {
                         return bullish(c[0].is_doji() && c[0].upper_shadow() < c[0].very_short() &&
                                        c[0].lower_shadow() > c[0].very_long_shadow());
                     });
}

Truth is_hammer(const Candle& c) {
    return c.is_short() && c.lower_shadow() > c.long_shadow() && c.upper_shadow() < c.very_short();
}
Truth is_inverted_hammer(const Candle& c) {
    return c.is_short() && c.upper_shadow() > c.long_shadow() && c.lower_shadow() < c.very_short();
}
// A body inside another: 100 if strictly, 80 if an end touches.
double inside(const Candle& now, const Candle& before) {
    const bool strictly = Truth{now.top() < before.top()} && now.bottom() > before.bottom();
    const bool touching = Truth{now.top() <= before.top()} && now.bottom() >= before.bottom();
    return strictly ? 100 : touching ? 80 : 0;
}
Truth is_kicking(const C& c) {
    return c[1].color() == -c[0].color() && c[1].is_long() && has_no_shadows(c[1]) && c[0].is_long() &&
           has_no_shadows(c[0]) && choose(c[1].is_black(), gaps_up(c[0], c[1]), gaps_down(c[0], c[1]));
}
// A white candle that opens below the low of a long black one.
Truth rises_from_below(const C& c) {
    return c[1].is_black() && c[1].is_long() && c[0].is_white() && c[0].open < c[1].low;
}

// Two candles.
void add_double(Table& t) {
    t.add<bodies | near_ranges, 1>(
        "cdl_counterattack", "CdlCounterattack", "Counterattack", "CDLCOUNTERATTACK",
        "Two long candles of opposite color with equal closes; the sign is that of the second.", [](const C& c) {
            return signed_by(c[0].color(), c[1].color() == -c[0].color() && c[1].is_long() && c[0].is_long() &&
                                               is_within(c[0].close, c[1].close, c[1].equal()));
        });
    t.add_penetration<bodies, 1>(
        "cdl_dark_cloud_cover", "CdlDarkCloudCover", "Dark cloud cover", "CDLDARKCLOUDCOVER",
        "A black candle that opens above the high of a long white one and closes deep inside its body: -100.", 0.5,
        [](const C& c, double depth) {
            return bearish(c[1].is_white() && c[1].is_long() && c[0].is_black() && c[0].open > c[1].high &&
                           c[0].close > c[1].open && c[0].close < c[1].close - c[1].body() * depth);
        });
    t.add<bodies | ranges, 1>(
        "cdl_doji_star", "CdlDojiStar", "Doji star", "CDLDOJISTAR",
        "A doji that gaps away from a long candle in its direction; the sign is against the candle.", [](const C& c) {
            const Truth gap = choose(c[1].is_white(), body_gaps_up(c[0], c[1]), body_gaps_down(c[0], c[1]));
            return signed_by(-c[1].color(), c[1].is_long() && c[0].is_doji() && gap);
        });
    t.add<no_sums, 2>(
        "cdl_engulfing", "CdlEngulfing", "Engulfing pattern", "CDLENGULFING",
        "A body that engulfs the body before it, of the other color: 100 or -100; 80 or -80 where an end only touches.",
        [](const C& c) {
            const Truth over = Truth{c[0].top() >= c[1].top()} && c[0].bottom() < c[1].bottom();
            const Truth under = Truth{c[0].top() > c[1].top()} && c[0].bottom() <= c[1].bottom();
            const bool touches = Truth{c[0].open == c[1].close} || c[0].close == c[1].open;
            const bool found = (over || under) && c[0].color() != c[1].color();
            return found ? c[0].color() * (touches ? 80.0 : 100.0) : 0.0;
        });
    t.add<bodies | ranges | near_ranges, 1>(
        "cdl_hammer", "CdlHammer", "Hammer", "CDLHAMMER",
        "A short body with a long lower and no upper shadow, near or below the low before it: 100.",
        [](const C& c) { return bullish(is_hammer(c[0]) && c[0].bottom() <= c[1].low + c[1].near()); });
    t.add<bodies | ranges | near_ranges, 1>(
        "cdl_hanging_man", "CdlHangingMan", "Hanging man", "CDLHANGINGMAN",
        "The shape of a hammer, near or above the high before it: -100.",
        [](const C& c) { return bearish(is_hammer(c[0]) && c[0].bottom() >= c[1].high - c[1].near()); });
    t.add<bodies, 1>(
        "cdl_harami", "CdlHarami", "Harami", "CDLHARAMI",
        "A short body inside the long body before it: 100 or -100 against its color, 80 or -80 where an end touches.",
        [](const C& c) {
            const Truth sizes = c[1].is_long() && c[0].body() <= c[0].mean_body();
            return sizes ? -c[1].color() * inside(c[0], c[1]) : 0.0;
        });
    t.add<bodies | ranges, 1>(
        "cdl_harami_cross", "CdlHaramiCross", "Harami cross", "CDLHARAMICROSS",
        "A doji inside the long body before it: 100 or -100 against its color, 80 or -80 where an end touches.",
        [](const C& c) { return c[1].is_long() && c[0].is_doji() ? -c[1].color() * inside(c[0], c[1]) : 0.0; });
    t.add<bodies, 1>("cdl_homing_pigeon", "CdlHomingPigeon", "Homing pigeon", "CDLHOMINGPIGEON",
                     "A short black body inside a long black one: 100.", [](const C& c) {
                         return bullish(c[1].is_black() && c[0].is_black() && c[1].is_long() &&
                                        c[0].body() <= c[0].mean_body() && c[0].open < c[1].open &&
                                        c[0].close > c[1].close);
                     });
    t.add<bodies | near_ranges, 1>(
        "cdl_in_neck", "CdlInNeck", "In-neck", "CDLINNECK",
        "A white candle from below a long black one that closes just at its close: -100.", [](const C& c) {
            return bearish(rises_from_below(c) && c[0].close <= c[1].close + c[1].equal() && c[0].close >= c[1].close);
        });
    t.add<bodies | ranges, 1>(
        "cdl_inverted_hammer", "CdlInvertedHammer", "Inverted hammer", "CDLINVERTEDHAMMER",
        "A short body with a long upper and no lower shadow that gaps down: 100.",
        [](const C& c) { return bullish(is_inverted_hammer(c[0]) && body_gaps_down(c[0], c[1])); });
    t.add<bodies | ranges, 1>("cdl_kicking", "CdlKicking", "Kicking", "CDLKICKING",
                              "Two marubozu of opposite color with a gap between them; the sign is that of the second.",
                              [](const C& c) { return signed_by(c[0].color(), is_kicking(c)); });
    t.add<bodies | ranges, 1>(
        "cdl_kicking_by_length", "CdlKickingByLength", "Kicking, by the longer marubozu", "CDLKICKINGBYLENGTH",
        "Two marubozu of opposite color with a gap between them; the sign is that of the longer.",
        [](const C& c) { return signed_by(c[0].body() > c[1].body() ? c[0].color() : c[1].color(), is_kicking(c)); });
    t.add<near_ranges, 1>("cdl_matching_low", "CdlMatchingLow", "Matching low", "CDLMATCHINGLOW",
                          "Two black candles with equal closes: 100.", [](const C& c) {
                              return bullish(are_black(c, 2) && is_within(c[0].close, c[1].close, c[1].equal()));
                          });
    t.add<bodies | near_ranges, 1>(
        "cdl_on_neck", "CdlOnNeck", "On-neck", "CDLONNECK",
        "A white candle from below a long black one that closes at its low: -100.",
        [](const C& c) { return bearish(rises_from_below(c) && is_within(c[0].close, c[1].low, c[1].equal())); });
    t.add<bodies, 1>("cdl_piercing", "CdlPiercing", "Piercing pattern", "CDLPIERCING",
                     "A long white candle from below a long black one that closes above the middle of its body: 100.",
                     [](const C& c) {
                         return bullish(rises_from_below(c) && c[0].is_long() && c[0].close < c[1].open &&
                                        c[0].close > c[1].close + c[1].body() * 0.5);
                     });
    t.add<bodies | ranges | near_ranges, 1>(
        "cdl_separating_lines", "CdlSeparatingLines", "Separating lines", "CDLSEPARATINGLINES",
        "Opposite colors with equal opens, the second long and without a shadow at its open; the sign is its color.",
        [](const C& c) {
            const double shadow = c[0].is_white() ? c[0].lower_shadow() : c[0].upper_shadow();
            return signed_by(c[0].color(), c[1].color() == -c[0].color() &&
                                               is_within(c[0].open, c[1].open, c[1].equal()) && c[0].is_long() &&
                                               shadow < c[0].very_short());
        });
    t.add<bodies | ranges, 1>("cdl_shooting_star", "CdlShootingStar", "Shooting star", "CDLSHOOTINGSTAR",
                              "A short body with a long upper and no lower shadow that gaps up: -100.",
                              [](const C& c) { return bearish(is_inverted_hammer(c[0]) && body_gaps_up(c[0], c[1])); });
    t.add<bodies | near_ranges, 1>(
        "cdl_thrusting", "CdlThrusting", "Thrusting pattern", "CDLTHRUSTING",
        "A white candle from below a long black one that closes inside its body, below the middle: -100.",
        [](const C& c) {
            return bearish(rises_from_below(c) && c[0].close > c[1].close + c[1].equal() &&
                           c[0].close <= c[1].close + c[1].body() * 0.5);
        });
}

Truth closes_rise(const C& c) { return Truth{c[0].close > c[1].close} && c[1].close > c[2].close; }
Truth opens_in_or_near(const Candle& now, const Candle& before) {
    return Truth{now.open > before.open} && now.open <= before.close + before.near();
}
// A long candle, a star, and a candle of the other color that closes deep in the first body.
Truth is_star(const C& c, int first_color, bool star, double depth) {
    const bool gap = first_color > 0 ? body_gaps_up(c[1], c[2]) : body_gaps_down(c[1], c[2]);
    const bool deep =
        first_color > 0 ? c[0].close < c[2].close - c[2].body() * depth : c[0].close > c[2].close + c[2].body() * depth;
    return c[2].is_long() && c[2].color() == first_color && star && gap && c[0].is_long() &&
           c[0].color() == -first_color && deep;
}

// Three candles.
void add_triple(Table& t) {
    t.add<bodies, 2>("cdl_two_crows", "CdlTwoCrows", "Two crows", "CDL2CROWS",
                     "A long white candle, a black one that gaps up, and a black one that opens in it and closes in "
                     "the first: -100.",
                     [](const C& c) {
                         return bearish(c[2].is_white() && c[2].is_long() && c[1].is_black() &&
                                        body_gaps_up(c[1], c[2]) && c[0].is_black() && opens_within_body(c[0], c[1]) &&
                                        c[0].close > c[2].open && c[0].close < c[2].close);
                     });
    t.add<bodies, 2>("cdl_three_inside", "CdlThreeInside", "Three inside up/down", "CDL3INSIDE",
                     "A harami, confirmed by a close beyond the open of the first: 100 up, -100 down.", [](const C& c) {
                         const Truth harami =
                             c[2].is_long() && c[1].body() <= c[1].mean_body() && inside(c[1], c[2]) == 100;
                         const Truth confirmed = choose(c[2].is_white(), c[0].is_black() && c[0].close < c[2].open,
                                                        c[0].is_white() && c[0].close > c[2].open);
                         return signed_by(-c[2].color(), harami && confirmed);
                     });
    t.add<no_sums, 3>("cdl_three_outside", "CdlThreeOutside", "Three outside up/down", "CDL3OUTSIDE",
                      "An engulfing pattern, confirmed by the next close: 100 up, -100 down.", [](const C& c) {
                          const Truth up = c[1].is_white() && c[2].is_black() && c[1].close > c[2].open &&
                                           c[1].open < c[2].close && c[0].close > c[1].close;
                          const Truth down = c[1].is_black() && c[2].is_white() && c[1].open > c[2].close &&
                                             c[1].close < c[2].open && c[0].close < c[1].close;
                          return signed_by(c[1].color(), up || down);
                      });
    t.add<bodies | ranges, 2>(
        "cdl_three_stars_in_the_south", "CdlThreeStarsInTheSouth", "Three stars in the south", "CDL3STARSINSOUTH",
        "Three black candles, each smaller and higher than the one before: 100.", [](const C& c) {
            return bullish(are_black(c, 3) && c[2].is_long() && c[2].lower_shadow() > c[2].long_shadow() &&
                           c[1].body() < c[2].body() && c[1].open > c[2].close && c[1].open <= c[2].high &&
                           c[1].low < c[2].close && c[1].low >= c[2].low && c[1].lower_shadow() > c[1].very_short() &&
                           c[0].is_short() && has_no_shadows(c[0]) && c[0].low > c[1].low && c[0].high < c[1].high);
        });
    t.add<bodies | ranges | near_ranges, 2>(
        "cdl_three_white_soldiers", "CdlThreeWhiteSoldiers", "Three white soldiers", "CDL3WHITESOLDIERS",
        "Three white candles with rising closes at their highs, each opening in the body before: 100.", [](const C& c) {
            const auto ends_high = [](const Candle& x) { return x.upper_shadow() < x.very_short(); };
            return bullish(are_white(c, 3) && ends_high(c[2]) && ends_high(c[1]) && ends_high(c[0]) && closes_rise(c) &&
                           opens_in_or_near(c[1], c[2]) && opens_in_or_near(c[0], c[1]) &&
                           c[1].body() > c[2].body() - c[2].far() && c[0].body() > c[1].body() - c[1].far() &&
                           c[0].is_long());
        });
    t.add_penetration<bodies | ranges, 2>(
        "cdl_abandoned_baby", "CdlAbandonedBaby", "Abandoned baby", "CDLABANDONEDBABY",
        "A doji between two candles of opposite color, with gaps on both sides; the sign is that of the last.", 0.3,
        [](const C& c, double depth) {
            const Truth top = c[2].is_white() && c[0].is_black() && c[0].close < c[2].close - c[2].body() * depth &&
                              gaps_up(c[1], c[2]) && gaps_down(c[0], c[1]);
            const Truth bottom = c[2].is_black() && c[0].is_white() && c[0].close > c[2].close + c[2].body() * depth &&
                                 gaps_down(c[1], c[2]) && gaps_up(c[0], c[1]);
            return signed_by(c[0].color(), c[2].is_long() && c[1].is_doji() && c[0].is_long() && (top || bottom));
        });
    t.add<bodies | shadows | near_ranges, 2>(
        "cdl_advance_block", "CdlAdvanceBlock", "Advance block", "CDLADVANCEBLOCK",
        "Three rising white candles that lose strength, by smaller bodies or longer upper shadows: -100.",
        [](const C& c) {
            const Truth shrinks = Truth{c[0].body() < c[1].body()} && c[1].body() < c[2].body();
            const Truth shadows_grow =
                Truth{c[0].upper_shadow() > c[0].short_shadow()} || c[1].upper_shadow() > c[1].short_shadow();
            const Truth weak =
                (Truth{c[1].body() < c[2].body() - c[2].far()} && c[0].body() < c[1].body() + c[1].near()) ||
                c[0].body() < c[1].body() - c[1].far() || (shrinks && shadows_grow) ||
                (Truth{c[0].body() < c[1].body()} && c[0].upper_shadow() > c[0].long_shadow());
            return bearish(are_white(c, 3) && closes_rise(c) && opens_in_or_near(c[1], c[2]) &&
                           opens_in_or_near(c[0], c[1]) && c[2].is_long() &&
                           c[2].upper_shadow() < c[2].short_shadow() && weak);
        });
    t.add_penetration<bodies | ranges, 2>(
        "cdl_evening_doji_star", "CdlEveningDojiStar", "Evening doji star", "CDLEVENINGDOJISTAR",
        "An evening star whose star is a doji: -100.", 0.3,
        [](const C& c, double depth) { return bearish(is_star(c, 1, c[1].is_doji(), depth)); });
    t.add_penetration<bodies, 2>(
        "cdl_evening_star", "CdlEveningStar", "Evening star", "CDLEVENINGSTAR",
        "A long white candle, a short one that gaps up, a black one that closes deep in the first: -100.", 0.3,
        [](const C& c, double depth) { return bearish(is_star(c, 1, c[1].body() <= c[1].mean_body(), depth)); });
    t.add_penetration<bodies | ranges, 2>(
        "cdl_morning_doji_star", "CdlMorningDojiStar", "Morning doji star", "CDLMORNINGDOJISTAR",
        "A morning star whose star is a doji: 100.", 0.3,
        [](const C& c, double depth) { return bullish(is_star(c, -1, c[1].is_doji(), depth)); });
    t.add_penetration<bodies, 2>(
        "cdl_morning_star", "CdlMorningStar", "Morning star", "CDLMORNINGSTAR",
        "A long black candle, a short one that gaps down, a white one that closes deep in the first: 100.", 0.3,
        [](const C& c, double depth) { return bullish(is_star(c, -1, c[1].body() <= c[1].mean_body(), depth)); });
    t.add<near_ranges, 2>("cdl_gap_side_by_side_white", "CdlGapSideBySideWhite", "Gap side-by-side white lines",
                          "CDLGAPSIDESIDEWHITE",
                          "Two white candles side by side after a gap; the sign is that of the gap.", [](const C& c) {
                              const Truth up = body_gaps_up(c[1], c[2]) && body_gaps_up(c[0], c[2]);
                              const Truth down = body_gaps_down(c[1], c[2]) && body_gaps_down(c[0], c[2]);
                              return signed_by(up ? 1 : -1, (up || down) && are_white(c, 2) &&
                                                                is_within(c[0].body(), c[1].body(), c[1].near()) &&
                                                                is_within(c[0].open, c[1].open, c[1].equal()));
                          });
    t.add<ranges | near_ranges, 2>(
        "cdl_identical_three_crows", "CdlIdenticalThreeCrows", "Identical three crows", "CDLIDENTICAL3CROWS",
        "Three falling black candles, each opening at the close before: -100.", [](const C& c) {
            const auto ends_low = [](const Candle& x) { return x.lower_shadow() < x.very_short(); };
            return bearish(are_black(c, 3) && ends_low(c[2]) && ends_low(c[1]) && ends_low(c[0]) &&
                           c[2].close > c[1].close && c[1].close > c[0].close &&
                           is_within(c[1].open, c[2].close, c[2].equal()) &&
                           is_within(c[0].open, c[1].close, c[1].equal()));
        });
    t.add<bodies | ranges | near_ranges, 2>(
        "cdl_stalled_pattern", "CdlStalledPattern", "Stalled pattern", "CDLSTALLEDPATTERN",
        "Two long white candles and a small third one at their top: -100.", [](const C& c) {
            return bearish(are_white(c, 3) && closes_rise(c) && c[2].is_long() && c[1].is_long() &&
                           c[1].upper_shadow() < c[1].very_short() && opens_in_or_near(c[1], c[2]) && c[0].is_short() &&
                           c[0].open >= c[1].close - c[0].body() - c[1].near());
        });
    t.add<near_ranges, 2>("cdl_stick_sandwich", "CdlStickSandwich", "Stick sandwich", "CDLSTICKSANDWICH",
                          "A white candle above two black ones with equal closes: 100.", [](const C& c) {
                              return bullish(c[2].is_black() && c[1].is_white() && c[0].is_black() &&
                                             c[1].low > c[2].close && is_within(c[0].close, c[2].close, c[2].equal()));
                          });
    t.add<near_ranges, 2>(
        "cdl_tasuki_gap", "CdlTasukiGap", "Tasuki gap", "CDLTASUKIGAP",
        "A gap, and a candle of the other color and similar size that does not close it; the sign is that of the gap.",
        [](const C& c) {
            const Truth similar = std::abs(c[1].body() - c[0].body()) < c[1].near();
            const Truth up = body_gaps_up(c[1], c[2]) && c[1].is_white() && c[0].is_black() && c[0].open < c[1].close &&
                             c[0].open > c[1].open && c[0].close < c[1].open && c[0].close > c[2].top();
            const Truth down = body_gaps_down(c[1], c[2]) && c[1].is_black() && c[0].is_white() &&
                               c[0].open < c[1].open && c[0].open > c[1].close && c[0].close > c[1].open &&
                               c[0].close < c[2].bottom();
            return signed_by(c[1].color(), similar && (up || down));
        });
    t.add<ranges, 2>("cdl_tristar", "CdlTristar", "Tristar", "CDLTRISTAR",
                     "Three doji, the middle one a star: 100 below, -100 above. All are measured by the first.",
                     [](const C& c) {
                         const double limit = c[2].doji();
                         const Truth doji = Truth{c[2].body() <= limit} && c[1].body() <= limit && c[0].body() <= limit;
                         const Truth top = doji && body_gaps_up(c[1], c[2]) && c[0].top() < c[1].top();
                         const Truth bottom = doji && body_gaps_down(c[1], c[2]) && c[0].bottom() > c[1].bottom();
                         return bottom ? 100.0 : bearish(top);
                     });
    t.add<bodies, 2>("cdl_unique_three_river", "CdlUniqueThreeRiver", "Unique three river", "CDLUNIQUE3RIVER",
                     "A long black candle, a black harami with a lower low, a short white one above that low: 100.",
                     [](const C& c) {
                         return bullish(c[2].is_long() && c[2].is_black() && c[1].is_black() &&
                                        c[1].close > c[2].close && c[1].open <= c[2].open && c[1].low < c[2].low &&
                                        c[0].is_short() && c[0].is_white() && c[0].open > c[1].low);
                     });
    t.add<bodies, 2>(
        "cdl_upside_gap_two_crows", "CdlUpsideGapTwoCrows", "Upside gap two crows", "CDLUPSIDEGAP2CROWS",
        "A long white candle and two black ones above it, the last engulfing the one before: -100.", [](const C& c) {
            return bearish(c[2].is_white() && c[2].is_long() && c[1].is_black() && c[1].body() <= c[1].mean_body() &&
                           body_gaps_up(c[1], c[2]) && c[0].is_black() && c[0].open > c[1].open &&
                           c[0].close < c[1].close && c[0].close > c[2].close);
        });
    t.add<no_sums, 2>(
        "cdl_gap_three_methods", "CdlGapThreeMethods", "Upside/downside gap three methods", "CDLXSIDEGAP3METHODS",
        "A gap between two candles of one color, and a third that closes it; the sign is that of the gap.",
        [](const C& c) {
            const Truth gap = choose(c[2].is_white(), body_gaps_up(c[1], c[2]), body_gaps_down(c[1], c[2]));
            return signed_by(c[2].color(), Truth{c[2].color() == c[1].color()} && c[1].color() == -c[0].color() &&
                                               c[0].open < c[1].top() && c[0].open > c[1].bottom() &&
                                               c[0].close < c[2].top() && c[0].close > c[2].bottom() && gap);
        });
}

// Four and five candles.
void add_longer(Table& t) {
    t.add<ranges, 3>(
        "cdl_three_black_crows", "CdlThreeBlackCrows", "Three black crows", "CDL3BLACKCROWS",
        "Three falling black candles after a white one, each opening in the body before, closing at its low: -100.",
        [](const C& c) {
            const auto ends_low = [](const Candle& x) { return x.lower_shadow() < x.very_short(); };
            return bearish(c[3].is_white() && are_black(c, 3) && ends_low(c[2]) && ends_low(c[1]) && ends_low(c[0]) &&
                           opens_within_body(c[1], c[2]) && opens_within_body(c[0], c[1]) && c[3].high > c[2].close &&
                           c[2].close > c[1].close && c[1].close > c[0].close);
        });
    t.add<near_ranges, 3>(
        "cdl_three_line_strike", "CdlThreeLineStrike", "Three-line strike", "CDL3LINESTRIKE",
        "Three candles of one color and direction, and one that undoes them; the sign is that of the three.",
        [](const C& c) {
            const Truth same =
                Truth{c[3].color() == c[2].color()} && c[2].color() == c[1].color() && c[0].color() == -c[1].color();
            const Truth up = c[1].is_white() && c[1].close > c[2].close && c[2].close > c[3].close &&
                             c[0].open > c[1].close && c[0].close < c[3].open;
            const Truth down = c[1].is_black() && c[1].close < c[2].close && c[2].close < c[3].close &&
                               c[0].open < c[1].close && c[0].close > c[3].open;
            return signed_by(c[1].color(),
                             same && opens_near_body(c[2], c[3]) && opens_near_body(c[1], c[2]) && (up || down));
        });
    t.add<bodies, 4>(
        "cdl_breakaway", "CdlBreakaway", "Breakaway", "CDLBREAKAWAY",
        "A gap after a long candle, three candles onward, and one back into the gap; the sign is that of the last.",
        [](const C& c) {
            const Truth colors =
                Truth{c[4].color() == c[3].color()} && c[3].color() == c[1].color() && c[1].color() == -c[0].color();
            const auto lower = [](const Candle& now, const Candle& was) {
                return Truth{now.high < was.high} && now.low < was.low;
            };
            const Truth up = c[4].is_black() && body_gaps_down(c[3], c[4]) && lower(c[2], c[3]) && lower(c[1], c[2]) &&
                             c[0].close > c[3].open && c[0].close < c[4].close;
            const Truth down = c[4].is_white() && body_gaps_up(c[3], c[4]) && c[2].high > c[3].high &&
                               c[2].low > c[3].low && c[1].high > c[2].high && c[1].low > c[2].low &&
                               c[0].close < c[3].open && c[0].close > c[4].close;
            return signed_by(c[0].color(), c[4].is_long() && colors && (up || down));
        });
    t.add<ranges, 3>(
        "cdl_concealing_baby_swallow", "CdlConcealingBabySwallow", "Concealing baby swallow", "CDLCONCEALBABYSWALL",
        "Two black marubozu, a black candle that gaps down with an upper shadow, and one that engulfs it: 100.",
        [](const C& c) {
            return bullish(are_black(c, 4) && has_no_shadows(c[3]) && has_no_shadows(c[2]) &&
                           body_gaps_down(c[1], c[2]) && c[1].upper_shadow() > c[1].very_short() &&
                           c[1].high > c[2].close && c[0].high > c[1].high && c[0].low < c[1].low);
        });
    t.add<ranges, 4>(
        "cdl_ladder_bottom", "CdlLadderBottom", "Ladder bottom", "CDLLADDERBOTTOM",
        "Four black candles, the last with an upper shadow, and a white one above its high: 100.", [](const C& c) {
            return bullish(c[4].is_black() && c[3].is_black() && c[2].is_black() && c[4].open > c[3].open &&
                           c[3].open > c[2].open && c[4].close > c[3].close && c[3].close > c[2].close &&
                           c[1].is_black() && c[1].upper_shadow() > c[1].very_short() && c[0].is_white() &&
                           c[0].open > c[1].open && c[0].close > c[1].high);
        });
    t.add_penetration<bodies, 4>(
        "cdl_mat_hold", "CdlMatHold", "Mat hold", "CDLMATHOLD",
        "A long white candle, three short ones that fall back into it, and a white one above them all: 100.", 0.5,
        [](const C& c, double depth) {
            const double floor = c[4].close - c[4].body() * depth;
            return bullish(c[4].is_long() && c[3].is_short() && c[2].is_short() && c[1].is_short() && c[4].is_white() &&
                           c[3].is_black() && c[0].is_white() && body_gaps_up(c[3], c[4]) &&
                           c[2].bottom() < c[4].close && c[1].bottom() < c[4].close && c[2].bottom() > floor &&
                           c[1].bottom() > floor && c[2].top() < c[3].open && c[1].top() < c[2].top() &&
                           c[0].open > c[1].close && c[0].close > std::max({c[3].high, c[2].high, c[1].high}));
        });
    t.add<bodies, 4>(
        "cdl_rise_fall_three_methods", "CdlRiseFallThreeMethods", "Rising/falling three methods", "CDLRISEFALL3METHODS",
        "A long candle, three short ones against it inside its range, and a long one that goes on; the sign is its "
        "color.",
        [](const C& c) {
            const double sign = c[4].color();
            const auto inside_range = [&](const Candle& x) {
                return Truth{x.bottom() < c[4].high} && x.top() > c[4].low;
            };
            return signed_by(c[4].color(),
                             c[4].is_long() && c[3].is_short() && c[2].is_short() && c[1].is_short() &&
                                 c[0].is_long() && c[4].color() == -c[3].color() && c[3].color() == c[2].color() &&
                                 c[2].color() == c[1].color() && c[1].color() == -c[0].color() && inside_range(c[3]) &&
                                 inside_range(c[2]) && inside_range(c[1]) && c[2].close * sign < c[3].close * sign &&
                                 c[1].close * sign < c[2].close * sign && c[0].open * sign > c[1].close * sign &&
                                 c[0].close * sign > c[4].close * sign);
        });
}

// A pattern that waits for its confirmation: a close beyond the candle before the pattern's last, in the next three.
template <bool Modified>
class Hikkake {
public:
    int operator()(const C& c) {
        ++age_;
        ++seen_;
        if (seen_ > first_row && is_pattern(c)) {
            direction_ = c[0].high < c[1].high ? 1 : -1;
            level_ = direction_ > 0 ? c[1].high : c[1].low;
            age_ = 0;
            return 100 * direction_;
        }
        const bool confirmed = direction_ > 0 ? c[0].close > level_ : c[0].close < level_;
        if (direction_ == 0 || age_ > 3 || !confirmed) { return 0; }
        const int found = 200 * direction_;
        direction_ = 0;
        return found;
    }
    void visit(auto& state) {
        state(direction_);
        state(level_);
        state(age_);
        state(seen_);
    }

private:
    static constexpr std::uint64_t first_row = Modified ? 7 : 2;  // the candles that the pattern needs before it

    static Truth is_inside(const Candle& now, const Candle& before) {
        return Truth{now.high < before.high} && now.low > before.low;
    }
    static bool is_pattern(const C& c) {
        const Truth down = Truth{c[0].high < c[1].high} && c[0].low < c[1].low;
        const Truth up = Truth{c[0].high > c[1].high} && c[0].low > c[1].low;
        if constexpr (Modified) {
            return is_inside(c[2], c[3]) && is_inside(c[1], c[2]) &&
                   ((down && c[2].close <= c[2].low + c[2].near()) || (up && c[2].close >= c[2].high - c[2].near()));
        } else {
            return is_inside(c[1], c[2]) && (down || up);
        }
    }

    int direction_ = 0;
    double level_ = 0;
    std::uint64_t age_ = 0;
    std::uint64_t seen_ = 0;
};

void add_hikkake(Table& t) {
    t.add<no_sums, 5>("cdl_hikkake", "CdlHikkake", "Hikkake pattern", "CDLHIKKAKE",
                      "An inside bar and a false break of it: 100 or -100, and 200 or -200 when one of the next three "
                      "closes confirms.",
                      Hikkake<false>{});
    t.add<near_ranges, 5>("cdl_hikkake_modified", "CdlHikkakeModified", "Modified hikkake pattern", "CDLHIKKAKEMOD",
                          "Two inside bars, the first closing near its end, and a false break: 100 or -100, and 200 or "
                          "-200 when confirmed.",
                          Hikkake<true>{});
}

}  // namespace

void add_candles(std::vector<Spec>& out) {
    Table table{out};
    add_single(table);
    add_double(table);
    add_triple(table);
    add_longer(table);
    add_hikkake(table);
}

}  // namespace walras::features

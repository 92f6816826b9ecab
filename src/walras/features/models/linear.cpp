#include "walras/features/models/linear.hpp"

#include <algorithm>
#include <utility>

#include "walras/core/math.hpp"

namespace walras::features {

std::string_view to_string(ModelType type) {
    constexpr std::array<std::string_view, model_type_count> names{
        "decision_tree", "random_forest",        "gradient_boosted", "linear_softmax",
        "linear_svm",    "gaussian_naive_bayes", "ensemble"};
    return names[static_cast<std::size_t>(type)];
}

namespace {

// `from` and what term(i, class) adds for each feature: odd ones apart from even ones, for sums that wait for nothing.
template <class Term>
std::array<double, class_count> summed(const PerClass& from, std::size_t features, Term term) {
    PerClass even = from;
    PerClass odd{};
    std::size_t i = 0;
    for (; i + 2 <= features; i += 2) {
        for (std::size_t c = 0; c < even.size(); ++c) {
            even[c] += term(i, c);
            odd[c] += term(i + 1, c);
        }
    }
    for (std::size_t c = 0; i < features && c < even.size(); ++c) { even[c] += term(i, c); }
    return {even[0] + odd[0], even[1] + odd[1], even[2] + odd[2]};
}

}  // namespace

Probabilities detail::softmax(const std::array<double, class_count>& scores) {
    const double most = std::max({scores[0], scores[1], scores[2]});
    std::array<double, class_count> odds{1, 1, 1};
    for (std::size_t c = 0; c < class_count; ++c) {
        if (const double below = scores[c] - most; below < 0) { odds[c] = core::math::exp(below); }
    }
    const double sum = odds[0] + odds[1] + odds[2];
    return {odds[0] / sum, odds[1] / sum, odds[2] / sum};
}

// ---- linear

Linear::Linear(ModelType type, const Terms& terms)
    : Model(type, terms.center.size()), center_(terms.center), weights_(terms.center.size()) {
    std::ranges::copy(terms.intercept, intercept_.begin());
    const std::size_t n = center_.size();
    for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t c = 0; c < class_count; ++c) { weights_[i][c] = terms.weights[c * n + i] / terms.scale[i]; }
    }
}

Probabilities Linear::predict(const double* row) const {
    const double* center = center_.data();
    const PerClass* weights = weights_.data();
    return detail::softmax(summed(intercept_, weights_.size(),
                                  [=](std::size_t i, std::size_t c) { return weights[i][c] * (row[i] - center[i]); }));
}

// ---- naive Bayes

GaussianNaiveBayes::GaussianNaiveBayes(const Terms& terms)
    : Model(ModelType::gaussian_naive_bayes, terms.mean.size() / class_count), bells_(inputs()) {
    constexpr double two_pi = 6.283185307179586;
    for (std::size_t c = 0; c < class_count; ++c) {
        log_scale_[c] = core::math::log(terms.prior[c]);
        for (std::size_t i = 0; i < inputs(); ++i) {
            const double variance = terms.variance[c * inputs() + i];
            bells_[i].mean[c] = terms.mean[c * inputs() + i];
            bells_[i].half_precision[c] = .5 / variance;
            log_scale_[c] -= .5 * core::math::log(two_pi * variance);
        }
    }
}

Probabilities GaussianNaiveBayes::predict(const double* row) const {
    const Bell* bells = bells_.data();
    return detail::softmax(summed(log_scale_, bells_.size(), [=](std::size_t i, std::size_t c) {
        const double away = row[i] - bells[i].mean[c];
        return -away * away * bells[i].half_precision[c];
    }));
}

// ---- ensemble

Ensemble::Ensemble(std::size_t inputs, std::vector<Member> members)
    : Model(ModelType::ensemble, inputs), members_(std::move(members)) {
    double sum = 0;
    for (const Member& member : members_) { sum += member.weight; }
    for (Member& member : members_) { member.weight /= sum; }
}

Probabilities Ensemble::predict(const double* row) const {
    Probabilities out;
    for (const Member& member : members_) {
        const Probabilities p = member.model->predict(row);
        out.sell += member.weight * p.sell;
        out.hold += member.weight * p.hold;
        out.buy += member.weight * p.buy;
    }
    return out;
}

}  // namespace walras::features

#include "rucking/energy.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace ruck::rucking {
namespace {

// The values are those of reference/science.md §1 and science_vectors.json; the tolerances are half
// of their last digit and a little.
constexpr double kHalfMicro = 0.6e-6;

constexpr Body kMan80{.weight_kg = 80, .height_cm = 178, .age_years = 30, .sex = Sex::kMale};
constexpr Body kMan85{.weight_kg = 85, .height_cm = 176, .age_years = 28, .sex = Sex::kMale};
constexpr Body kWoman67{.weight_kg = 67, .height_cm = 163, .age_years = 27, .sex = Sex::kFemale};

TEST(Pandolf, AgreesWithTheReference) {
  struct Row {
    double w, l, v, g, eta, watts;
  };
  for (const Row& row :
       {Row{70, 0, 0, 0, 1, 105.0}, Row{80, 0, 1.34, 0, 1, 335.472},
        Row{80, 20, 1.34, 0, 1, 401.84}, Row{80, 20, 1.34, 5, 1, 636.34},
        Row{80, 20, 1.34, 0, 1.2, 455.708}, Row{80, 20, 1.34, 10, 1.1, 944.674},
        Row{70, 30, 1.5, 0, 1, 479.234694}, Row{80, 20, 1.34, -5, 1, 336.814171},
        Row{80, 20, 1.34, -6, 1, 326.949886}, Row{80, 20, 1.34, -10, 1, 312.492743},
        Row{80, 20, 1.34, -15, 1, 350.671314}}) {
    const double got = classic_watts(
        row.w, row.l, {.speed_m_per_s = row.v, .grade_percent = row.g, .terrain_factor = row.eta});
    EXPECT_NEAR(got, row.watts, kHalfMicro) << row.v << " m/s, " << row.g << " %";
  }
}

TEST(Pandolf, IsFarTooLowDownhillWithoutTheCorrection) {
  const auto uncorrected = [](double grade) {
    return pandolf_watts(80, 20, {.speed_m_per_s = 1.34, .grade_percent = grade});
  };
  EXPECT_NEAR(uncorrected(-5), 167.34, 1e-9);
  EXPECT_NEAR(uncorrected(-6), 120.44, 1e-9);
  EXPECT_NEAR(uncorrected(-10), -67.16, 1e-9);
  EXPECT_NEAR(uncorrected(-15), -301.66, 1e-9);
}

TEST(Pandolf, NeverAppliesTheCorrectionNearLevelGround) {
  const auto watts = [](double grade) {
    return classic_watts(80, 20, {.speed_m_per_s = 1.34, .grade_percent = grade});
  };
  const double level = watts(0);
  // Applied right below zero the correction would jump by 21.8 W (§1.2).
  const double raw_jump =
      pandolf_santee_watts(80, 20, {.speed_m_per_s = 1.34, .grade_percent = -1e-9}) - level;
  EXPECT_NEAR(raw_jump, 21.8, 0.01);
  EXPECT_NEAR(watts(-1e-6), level, 1e-3);
  const double at_two = pandolf_santee_watts(80, 20, {.speed_m_per_s = 1.34, .grade_percent = -2});
  EXPECT_NEAR(watts(-2), at_two, 1e-9);
  EXPECT_NEAR(watts(-2 + 1e-9), at_two, 1e-6);
  EXPECT_NEAR(watts(-1), (level + at_two) / 2, 1e-9);
}

TEST(Pandolf, StandingHasNoDescent) {
  EXPECT_EQ(classic_watts(80, 20, {.grade_percent = -10}), classic_watts(80, 20, {}));
  EXPECT_NEAR(classic_watts(80, 20, {}), 1.5 * 80 + 2.0 * 100 * 0.0625, 1e-12);
}

TEST(LcdaWalking, AgreesWithTheReference) {
  struct Row {
    double s, g, w_per_kg;
  };
  for (const Row& row :
       {Row{0, 0, 1.44}, Row{0.5, 0, 2.89498786}, Row{1, 0, 3.62}, Row{1.34, 0, 4.41397586},
        Row{1.39, 0, 4.57102834}, Row{1.5, 0, 4.96451598}, Row{1.96, 0, 7.57292015},
        Row{1.97, 0, 7.65143492}, Row{1.34, 5, 6.23675392}, Row{1.34, 10, 8.63932579},
        Row{1.34, 20, 13.51662152}, Row{1.34, -5, 3.39766228}, Row{1.34, -10, 3.07375559},
        Row{1.34, -15, 3.18740237}, Row{1.34, -20, 3.5111962}, Row{1.0, 20, 10.41301915}}) {
    EXPECT_NEAR(lcda_walking_watts_per_kg(row.s, row.g), row.w_per_kg, 0.6e-8)
        << row.s << " m/s, " << row.g << " %";
  }
}

TEST(LcdaWalking, IsCheapestPerMetreAt1394MillimetresASecond) {
  double best_speed = 0;
  double best_j = 1e9;
  for (double s = 1.2; s < 1.6; s += 0.0001) {
    const double j_per_kg_m = lcda_walking_watts_per_kg(s, 0) / s;
    if (j_per_kg_m < best_j) {
      best_j = j_per_kg_m;
      best_speed = s;
    }
  }
  EXPECT_NEAR(best_speed, 1.394, 0.0006);
  EXPECT_NEAR(best_j, 3.2885, 0.00006);
}

TEST(LcdaWalking, IsCheapestAtMinus107Permille) {
  double best_grade = 0;
  double best_w = 1e9;
  for (double g = -20; g < 5; g += 0.01) {
    const double w = lcda_walking_watts_per_kg(1.34, g);
    if (w < best_w) {
      best_w = w;
      best_grade = g;
    }
  }
  EXPECT_NEAR(best_grade, -10.7, 0.06);
  EXPECT_NEAR(best_w, 3.0693, 0.00006);
}

// Why the grade is smoothed before it is used: going up and down a little costs more than level.
TEST(LcdaWalking, MakesNoisyGradesExpensive) {
  const auto ratio = [](double g) {
    return (lcda_walking_watts_per_kg(1.34, g) + lcda_walking_watts_per_kg(1.34, -g)) / 2 /
           lcda_walking_watts_per_kg(1.34, 0);
  };
  EXPECT_NEAR(ratio(5), 1.091, 0.0006);
  EXPECT_NEAR(ratio(10), 1.327, 0.0006);
  EXPECT_NEAR(ratio(20), 1.929, 0.0006);
}

TEST(Resting, AgreesWithTheReference) {
  struct Row {
    Body body;
    double kcal, watts, mifflin;
  };
  for (const Row& row :
       {Row{kMan80, 1854.384, 89.800262, 1767.5}, Row{kMan85, 1926.638, 93.299229, 1815.0},
        Row{kWoman67, 1471.119, 71.2403, 1392.75}}) {
    EXPECT_NEAR(harris_benedict_kcal_per_day(row.body), row.kcal, 1e-9);
    EXPECT_NEAR(resting_watts(row.body), row.watts, kHalfMicro);
    EXPECT_NEAR(mifflin_kcal_per_day(row.body), row.mifflin, 1e-9);
  }
}

TEST(Resting, TakesTheMeanWhereTheSexIsUnknown) {
  Body man = kMan80;
  Body woman = kMan80;
  Body unknown = kMan80;
  woman.sex = Sex::kFemale;
  unknown.sex = Sex::kUnknown;
  EXPECT_NEAR(harris_benedict_kcal_per_day(unknown),
              (harris_benedict_kcal_per_day(man) + harris_benedict_kcal_per_day(woman)) / 2, 1e-9);
  EXPECT_NEAR(mifflin_kcal_per_day(unknown), mifflin_kcal_per_day(man) - 83, 1e-9);
  EXPECT_NEAR(keytel_watts(unknown, 140), (keytel_watts(man, 140) + keytel_watts(woman, 140)) / 2,
              1e-9);
}

TEST(LcdaBackpacking, AgreesWithTheReference) {
  struct Row {
    double s, g, eta, pack, vest;
    double man80, man85, woman67;
  };
  for (const Row& row : {Row{0, 0, 1, 0, 0, 106.600262, 111.149229, 85.3103},
                         Row{0, 0, 1, 20, 0, 111.597888, 116.038964, 90.63738},
                         Row{1.34, 0, 1, 0, 0, 344.987482, 364.43565, 284.959596},
                         Row{1.34, 0, 1, 10, 0, 374.561655, 393.371363, 316.483361},
                         Row{1.34, 0, 1, 20, 0, 420.900001, 438.709337, 365.876428},
                         Row{1.34, 0, 1, 30, 0, 476.751708, 493.355294, 425.409996},
                         Row{1.34, 0, 1.2, 20, 0, 482.760423, 503.243412, 420.924237},
                         Row{1.34, 5, 1, 20, 0, 610.101119, 636.087864, 534.241057},
                         Row{1.34, 5, 1.2, 20, 0, 709.801765, 740.097644, 622.961792},
                         Row{1.34, -5, 1, 20, 0, 315.408461, 328.658377, 272.002543},
                         Row{1.34, -10, 1, 20, 0, 281.787523, 293.584318, 242.084238},
                         Row{1.34, 0, 1, 0, 20, 410.79044, 429.406169, 353.259266},
                         Row{1.0, 0, 1, 20, 0, 324.384239, 338.022094, 279.989829},
                         Row{1.8, 0, 1, 20, 0, 665.615817, 694.001948, 583.64199}}) {
    const Carried carried{.pack_kg = row.pack, .vest_kg = row.vest};
    const Movement movement{
        .speed_m_per_s = row.s, .grade_percent = row.g, .terrain_factor = row.eta};
    EXPECT_NEAR(lcda_backpacking_watts(kMan80, carried, movement), row.man80, kHalfMicro);
    EXPECT_NEAR(lcda_backpacking_watts(kMan85, carried, movement), row.man85, kHalfMicro);
    EXPECT_NEAR(lcda_backpacking_watts(kWoman67, carried, movement), row.woman67, kHalfMicro);
  }
}

// The twelve-mile march: 3:00:00 with 35 lb.
TEST(Energy, OfTheTwelveMileMarchAgreesWithTheReference) {
  constexpr double kSpeed_m_per_s = 12 * 1609.344 / (3 * 3600);
  constexpr double kLoad_kg = 35 * 0.45359237;
  EXPECT_NEAR(kSpeed_m_per_s, 1.78816, 1e-9);
  const EnergyCalculator calculator(kMan80, false, 1);
  const auto watts = calculator.moving(kLoad_kg, kSpeed_m_per_s, 0);
  EXPECT_NEAR(watts.pandolf, 587.3977, 0.6e-4);
  EXPECT_NEAR(watts.lcda, 621.9091, 0.6e-4);
  EXPECT_NEAR(to_kcal(watts.pandolf * 3 * 3600), 1516.23, 0.006);
  EXPECT_NEAR(to_kcal(watts.lcda * 3 * 3600), 1605.31, 0.006);
}

TEST(Running, AgreesWithTheReference) {
  EXPECT_NEAR(running_watts_per_kg(2, 0), 8.93, 1e-9);
  EXPECT_NEAR(running_watts_per_kg(2.5, 0), 10.5175, 1e-9);
  EXPECT_NEAR(running_watts_per_kg(3, 0), 12.29, 1e-9);
  EXPECT_NEAR(running_watts_per_kg(3, 0.1), 20.320121, kHalfMicro);
  EXPECT_NEAR(running_watts_per_kg(3, -0.1), 8.027321, kHalfMicro);
  EXPECT_NEAR(running_watts_per_kg(3, -0.3), 8.982832, kHalfMicro);
}

// Crossing at about 2.12 m/s with 80 + 20 kg, 2.08 m/s unloaded; continuous on the way.
TEST(Running, TakesOverWhereItIsCheaperThanWalking) {
  const auto crossing = [](double load_kg) {
    const EnergyCalculator calculator(kMan80, false, 1);
    for (double v = 1.8; v < 3; v += 0.001) {
      const double walking =
          lcda_backpacking_watts(kMan80, {.pack_kg = load_kg}, {.speed_m_per_s = v});
      if (calculator.moving(load_kg, v, 0).lcda < walking - 1e-9) return v;
    }
    return 0.0;
  };
  EXPECT_NEAR(crossing(20), 2.12, 0.01);
  EXPECT_NEAR(crossing(0), 2.08, 0.01);
  const EnergyCalculator calculator(kMan80, false, 1);
  for (double v = 0.1; v < 4; v += 0.001) {
    const double step = calculator.moving(20, v + 0.001, 0).lcda - calculator.moving(20, v, 0).lcda;
    ASSERT_LT(std::fabs(step), 5) << v;
  }
}

TEST(Minetti, AgreesWithTheReference) {
  struct Row {
    double slope, walk, run;
  };
  for (const Row& row :
       {Row{-0.45, 3.605069, 4.032305}, Row{-0.3, 2.207515, 2.462238}, Row{-0.2, 1.08672, 1.800032},
        Row{-0.1, 1.127125, 2.151706}, Row{-0.05, 1.658895, 2.745924}, Row{0, 2.5, 3.6},
        Row{0.05, 3.599871, 4.685196}, Row{0.1, 4.899135, 5.968214}, Row{0.2, 7.87744, 9.006688},
        Row{0.3, 11.183545, 12.579282}, Row{0.45, 17.600297, 19.426015}}) {
    EXPECT_NEAR(minetti_walking_j_per_kg_m(row.slope), row.walk, kHalfMicro) << row.slope;
    EXPECT_NEAR(minetti_running_j_per_kg_m(row.slope), row.run, kHalfMicro) << row.slope;
  }
  EXPECT_EQ(minetti_walking_j_per_kg_m(0.9), minetti_walking_j_per_kg_m(0.45));
  EXPECT_EQ(minetti_running_j_per_kg_m(-0.9), minetti_running_j_per_kg_m(-0.45));
}

TEST(GivoniGoldman, AgreesWithTheReference) {
  const auto kcal = [](double w, double l, double km_per_h, double g) {
    return givoni_goldman_kcal_per_h(
        w, l, {.speed_m_per_s = km_per_h / 3.6, .grade_percent = g, .terrain_factor = 1});
  };
  EXPECT_NEAR(kcal(80, 20, 4.8, 0), 356.4739, 0.6e-4);
  EXPECT_NEAR(kcal(80, 20, 5, 5), 562.6279, 0.6e-4);
  EXPECT_NEAR(kcal(70, 0, 6, 0), 337.9947, 0.6e-4);
}

// Legg 1992: 73.2 kg with 26 kg at 4.8 km/h. The measured 526, 630, 770 W are what §1.8 warns of.
TEST(Energy, PredictsLeggsMarchAsTheReferenceTabulates) {
  const auto at = [](double grade) {
    return Movement{.speed_m_per_s = 4.8 / 3.6, .grade_percent = grade};
  };
  EXPECT_NEAR(classic_watts(73.2, 26, at(0)), 399, 0.6);
  EXPECT_NEAR(classic_watts(73.2, 26, at(2.5)), 515, 0.6);
  EXPECT_NEAR(classic_watts(73.2, 26, at(5)), 631, 0.6);
  const auto givoni_watts = [&](double grade) {
    return givoni_goldman_kcal_per_h(73.2, 26, at(grade)) * kJoulesPerKcal / 3600;
  };
  EXPECT_NEAR(givoni_watts(0), 411, 0.6);
  EXPECT_NEAR(givoni_watts(2.5), 515, 0.6);
  EXPECT_NEAR(givoni_watts(5), 619, 0.6);
}

TEST(Terrain, HasTheFactorsOfSouleAndGoldman) {
  EXPECT_EQ(terrain_factor(Terrain::kRoad), 1.0);
  EXPECT_EQ(terrain_factor(Terrain::kDirtRoad), 1.1);
  EXPECT_EQ(terrain_factor(Terrain::kLightBrush), 1.2);
  EXPECT_EQ(terrain_factor(Terrain::kPloughedField), 1.3);
  EXPECT_EQ(terrain_factor(Terrain::kHeavyBrush), 1.5);
  EXPECT_EQ(terrain_factor(Terrain::kPackedSnow), 1.6);
  EXPECT_EQ(terrain_factor(Terrain::kBog), 1.8);
  EXPECT_EQ(terrain_factor(Terrain::kLooseSand), 2.1);
  EXPECT_NEAR(soft_snow_factor(15), 2.53, 1e-9);
  EXPECT_NEAR(soft_snow_factor(25), 3.35, 1e-9);
  EXPECT_NEAR(soft_snow_factor(35), 4.17, 1e-9);
}

// A published worked example of the equation: 49 years, 155 lb, 148 bpm, 60 minutes give a woman
// 580.94 and a man 891.47 kcal.
TEST(Keytel, AgreesWithAPublishedExample) {
  const auto kcal = [](Sex sex) {
    const Body body{.weight_kg = 155 * 0.45359237, .height_cm = 175, .age_years = 49, .sex = sex};
    return to_kcal(keytel_watts(body, 148) * 3600);
  };
  // The example has its coefficients per pound, rounded to four digits.
  EXPECT_NEAR(kcal(Sex::kFemale), 580.94, 0.5);
  EXPECT_NEAR(kcal(Sex::kMale), 891.47, 0.5);
}

TEST(Keytel, IsNeverBelowRest) {
  EXPECT_EQ(keytel_watts(kMan80, 50), resting_watts(kMan80));
  EXPECT_GT(keytel_watts(kMan80, 120), resting_watts(kMan80));
}

TEST(Fusion, WeighsHeartRateByItsCoverage) {
  // Covered all the way: 0.6 of the heart-rate figure.
  EXPECT_NEAR(
      combined_kcal({.mechanical_kcal = 500, .heart_rate_kcal = 550, .heart_rate_coverage = 1},
                    CalorieMethod::kFusion),
      0.6 * 550 + 0.4 * 500, 1e-9);
  // Half covered: 0.45 of 260 for that half and the mechanical 250 for the rest.
  EXPECT_NEAR(
      combined_kcal({.mechanical_kcal = 500, .heart_rate_kcal = 260, .heart_rate_coverage = 0.5},
                    CalorieMethod::kFusion),
      0.45 * 510 + 0.55 * 500, 1e-9);
}

TEST(Fusion, StaysWithin15PercentOfTheMechanicalFigure) {
  const EnergyEstimates high{
      .mechanical_kcal = 500, .heart_rate_kcal = 900, .heart_rate_coverage = 1};
  const EnergyEstimates low{
      .mechanical_kcal = 500, .heart_rate_kcal = 100, .heart_rate_coverage = 1};
  EXPECT_NEAR(combined_kcal(high, CalorieMethod::kFusion), 575, 1e-9);
  EXPECT_NEAR(combined_kcal(low, CalorieMethod::kFusion), 425, 1e-9);
  EXPECT_NEAR(combined_kcal(high, CalorieMethod::kHeartRate), 900, 1e-9);
  EXPECT_NEAR(combined_kcal(high, CalorieMethod::kMechanical), 500, 1e-9);
}

TEST(Fusion, IsTheMechanicalFigureWithoutHeartRate) {
  for (const CalorieMethod method :
       {CalorieMethod::kFusion, CalorieMethod::kMechanical, CalorieMethod::kHeartRate}) {
    EXPECT_EQ(combined_kcal({.mechanical_kcal = 500}, method), 500);
  }
}

TEST(EnergyCalculator, AgreesWithTheFormulasItIsMadeOf) {
  for (const bool vest : {false, true}) {
    const EnergyCalculator calculator(kWoman67, vest, 1.2);
    for (const double load_kg : {0.0, 5.0, 20.0}) {
      const Carried carried = vest ? Carried{.vest_kg = load_kg} : Carried{.pack_kg = load_kg};
      const Movement movement{.speed_m_per_s = 1.3, .grade_percent = -6, .terrain_factor = 1.2};
      const auto watts = calculator.moving(load_kg, 1.3, -6);
      EXPECT_EQ(watts.lcda, lcda_backpacking_watts(kWoman67, carried, movement));
      EXPECT_EQ(watts.pandolf, classic_watts(67, load_kg, movement));
      EXPECT_EQ(calculator.standing(load_kg).lcda, lcda_backpacking_watts(kWoman67, carried, {}));
    }
    EXPECT_EQ(calculator.resting(), resting_watts(kWoman67));
  }
}

}  // namespace
}  // namespace ruck::rucking

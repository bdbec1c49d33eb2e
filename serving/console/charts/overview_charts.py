"""The charts of the overview, those that there are figures for."""

from __future__ import annotations

from models.overview import Overview
from serving.console.charts.chart import Chart
from serving.console.charts.cohort_chart import draw_cohorts
from serving.console.charts.market_charts import draw_parts, draw_season
from serving.console.charts.over_time_charts import draw_golden, draw_months
from serving.console.charts.value_charts import draw_concentration, draw_scatter


def draw_overview(overview: Overview, currency: str) -> dict[str, Chart]:
    """Return the charts by name."""
    days = overview.horizon_days
    drawn: list[Chart | None] = [
        draw_golden(overview.golden, days) if overview.golden else None,
        draw_months(overview.months, currency) if overview.months else None,
        draw_concentration(overview.concentration, days, currency)
        if overview.concentration.value_shares
        else None,
        draw_scatter(overview.scatter, days, currency) if overview.scatter.of else None,
        draw_season(overview.season, currency) if overview.season else None,
        draw_cohorts(overview.cohorts),
        draw_parts("regions", "region", overview.regions, overview.recent_days, currency)
        if overview.regions
        else None,
        draw_parts("channels", "channel", overview.channels, overview.recent_days, currency)
        if overview.channels
        else None,
    ]
    return {chart.name: chart for chart in drawn if chart is not None}

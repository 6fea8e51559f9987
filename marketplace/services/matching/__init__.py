"""Matching over the database: the only place where the marketplace and the optimiser meet.

offers.py     what is offered on a day, as columns of the database
supply.py     what the market offers on a day, as the optimiser's rows
problem.py    needs and supply as one matching problem; `freeze` for a run
options.py    the ranked options of one need
runs.py       a run's life: queued, claimed, under way, ended; every write of a worker fenced
policy.py     the published numbers, and those of a run
solving.py    the frozen problem solved and checked, apart from any database
reasons.py    why a pupil is unplaced, in sentences
results.py    problem, answer and recommendations kept; archive.py and workbook.py as files
scenarios.py  what-ifs on the base of a run: changes.py read and kept, change_words.py in sentences, what_ifs.py applied
scenario_steps.py  the base made otherwise by a worker; moves.py why a pupil moves; scenario_figures.py and
              scenario_files.py runs side by side
studies.py    what one more place would be worth, who gains and who pays: study_figures.py computes it
projection.py demand in the years to come, from who is here and named assumptions; knows no optimiser
versions.py   what a recommendation rests on
plans.py      what of a run an LA acts upon, proposed and approved; plan_checks.py whether it still holds;
              plan_acts.py applied and undone
contents.py   what a run would take up; figures.py what it recommends, as far as one may see it
"""

#!/bin/bash
#SBATCH --job-name=checkpoints-stage1-0f3a5c7e9b1d.00112233445566ff
#SBATCH --nodes=2
#SBATCH --ntasks=16
#SBATCH --ntasks-per-node=8
#SBATCH --cpus-per-task=12
#SBATCH --partition=gpu
#SBATCH --account=medlm
#SBATCH --qos=long
#SBATCH --constraint=ib&h200
#SBATCH --mem=900G
#SBATCH --gres=gpu:h200:8
#SBATCH --time=1440
#SBATCH --signal=TERM@600
#SBATCH --exclusive
#SBATCH --exclude=node[7-9]
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output=/shared/materia/jobs/checkpoints.stage1.0f3a5c7e9b1d/stdout.log
#SBATCH --chdir=/shared/materia/code

# One process on the first node: it starts the ranks and writes how they ended.
export PYTHONPATH=/shared/materia/code${PYTHONPATH:+:$PYTHONPATH}
exec /shared/materia/venv/bin/python -m orchestration.launchers.slurm_batch /shared/materia/jobs/checkpoints.stage1.0f3a5c7e9b1d/job-00112233445566ff

"""Checks of images and of what builds them: references, recipes, scripts and their flags, mirrors."""

from mintage.check.images import mirrored, programs, recipes, references

CHECKS = (*references.CHECKS, *programs.CHECKS, *recipes.CHECKS, *mirrored.CHECKS)

using Evolv.Functions;

namespace Evolv.Features.Learning;

/// <summary>Learning paths; enrolling and making progress go through the tables.</summary>
static class LearningModule
{
    internal static void MapLearning(this RouteGroupBuilder functions)
        => functions.MapFunction(HttpMethods.Get, "get-learning-path", GetLearningPath.HandleAsync, isPublic: true);
}
